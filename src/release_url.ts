/**
 * Where releases are published, without a slash at the end; empty in a build that nobody has
 * published. `URL/latest/download/FILE` and `URL/download/vVERSION/FILE` answer with their files.
 * `scripts/bundle.ts --release-url` writes the publisher's address here.
 */
export const RELEASE_URL: string = "";
