/** Looks at Deno's permissions without ever making it ask the person. */

/** The kinds of permission that Deno knows. */
export const PERMISSION_KINDS = [
  "read",
  "write",
  "net",
  "env",
  "sys",
  "run",
  "ffi",
  "import",
] as const;

/** Tells whether a permission is granted as a whole: not in part, and without asking. */
export function isGranted(descriptor: Deno.PermissionDescriptor): boolean {
  const status = Deno.permissions.querySync(descriptor);
  return status.state === "granted" && !status.partial;
}

/** Tells whether everything is allowed, which Deno wants before it shows `/proc`. */
export function hasAllPermissions(): boolean {
  return PERMISSION_KINDS.every((name) => isGranted({ name }));
}
