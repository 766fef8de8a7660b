/** The types that the npm copy of @std/text lacks, for what is used here. */
export declare function levenshteinDistance(first: string, second: string): number;
