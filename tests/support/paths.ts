/** Paths of files in the repository. */
export { fileURLToPath as fromFileUrl } from "node:url";
