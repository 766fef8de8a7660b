// deno-lint-ignore no-explicit-any -- only the class matters, not what makes its instances
type ErrorClass<E extends Error> = abstract new (...args: any[]) => E;

export declare function assert(value: unknown, message?: string): asserts value;
export declare function assertEquals<T>(actual: T, expected: T, message?: string): void;
export declare function assertNotEquals<T>(actual: T, expected: T, message?: string): void;
export declare function assertExists<T>(
  value: T,
  message?: string,
): asserts value is NonNullable<T>;
export declare function assertMatch(actual: string, pattern: RegExp, message?: string): void;
export declare function assertStringIncludes(
  actual: string,
  expected: string,
  message?: string,
): void;
export declare function assertThrows<E extends Error = Error>(
  call: () => unknown,
  errorClass?: ErrorClass<E>,
  messageIncludes?: string,
  message?: string,
): E;
export declare function assertRejects<E extends Error = Error>(
  call: () => PromiseLike<unknown>,
  errorClass?: ErrorClass<E>,
  messageIncludes?: string,
  message?: string,
): Promise<E>;
