// Built-ins made unchangeable on a thread that runs modules of the user's: one that patches Array or JSON would change
// verdicts without a word. Then the patch throws where it is made, and its rule is `rule-failed`. Not a sandbox.
// It costs: the engine no longer inlines all of them, and where values differ the judge takes up to twice its time.

/** What code of ours reaches by name. */
const GLOBALS = [
  "Object Function Array String Number Boolean BigInt Symbol Math JSON Date RegExp Intl Reflect Proxy Promise Iterator",
  "Map Set WeakMap WeakSet WeakRef FinalizationRegistry ArrayBuffer SharedArrayBuffer DataView Atomics",
  "Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array BigInt64Array BigUint64Array",
  "Float16Array Float32Array Float64Array Error AggregateError EvalError RangeError ReferenceError SyntaxError TypeError",
  "URIError parseInt parseFloat isNaN isFinite encodeURIComponent decodeURIComponent encodeURI decodeURI Buffer",
].flatMap((line) => line.split(" "));

/** Bound to their names; what they hold is the runtime's own business. */
const NAMES_ONLY = [
  "globalThis undefined process performance structuredClone queueMicrotask setTimeout clearTimeout setInterval",
  "clearInterval setImmediate clearImmediate TextDecoder TextEncoder URL URLSearchParams AbortController AbortSignal",
].flatMap((line) => line.split(" "));

/** Objects of everybody inherit from these: an own `toString` or `name` must still be had by assignment. */
const BASES: readonly object[] = [
  Object.prototype,
  Function.prototype,
  ...[Error, AggregateError, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map(
    ({ prototype }) => prototype as object,
  ),
];

/** Built-ins that no name leads to: the iterators, generators and asynchronous functions. */
function unnamed(): object[] {
  const iterators = [
    [].values(),
    new Map().values(),
    new Set().values(),
    ""[Symbol.iterator](),
    "".matchAll(/./g),
  ];
  const functions = [
    function* () {
      yield 0;
    },
    async () => 0,
    async function* () {
      yield 0;
    },
  ];
  return [...iterators, ...functions].map((value) => Object.getPrototypeOf(value) as object);
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** Reads as the value, refuses to change, and lets an heir have its own by assignment. */
function inheritable(holder: object, key: string, value: unknown): PropertyDescriptor {
  return {
    configurable: false,
    get: () => value,
    set(this: unknown, own: unknown) {
      if (this === holder || !isObject(this))
        throw new TypeError(`Cannot assign to built-in property '${key}'`);
      Object.defineProperty(this, key, { value: own, writable: true, enumerable: true, configurable: true });
    },
  };
}

/** Stack traces are set up through these, by the runtime as well. */
const isLeftOpen = (holder: object, key: string | symbol): boolean =>
  holder === Error && key === "stackTraceLimit";

function lock(holder: object): void {
  const isBase = BASES.includes(holder);
  for (const key of Reflect.ownKeys(holder)) {
    const found = Object.getOwnPropertyDescriptor(holder, key);
    if (found === undefined || isLeftOpen(holder, key)) continue;
    if (!("value" in found)) Object.defineProperty(holder, key, { configurable: false });
    else if (found.configurable && isBase && typeof key === "string")
      Object.defineProperty(holder, key, inheritable(holder, key, found.value));
    else Object.defineProperty(holder, key, { writable: false, configurable: false });
  }
  if (holder !== Error) Object.preventExtensions(holder);
}

/** The objects that can be reached from `roots`, over values, accessors and prototypes; the global itself is none. */
function reachable(roots: readonly object[]): ReadonlySet<object> {
  const found = new Set(roots);
  // The set grows while it is walked.
  for (const holder of found) {
    const next: unknown[] = [Object.getPrototypeOf(holder)];
    for (const { value, get, set } of Object.values(Object.getOwnPropertyDescriptors(holder)))
      next.push(value, get, set);
    for (const key of Object.getOwnPropertySymbols(holder))
      next.push(Object.getOwnPropertyDescriptor(holder, key)?.value);
    for (const value of next) if (isObject(value) && value !== globalThis) found.add(value);
  }
  return found;
}

function refuseExit(): never {
  throw new Error("a custom rule must not end its thread");
}

let isDone = false;

/** For the life of the thread, once. To be called before the first module is loaded. */
export function freezeBuiltIns(): void {
  if (isDone) return;
  isDone = true;
  Object.defineProperty(process, "exit", { value: refuseExit, writable: false, configurable: false });
  const named = GLOBALS.map((name) => (globalThis as Record<string, unknown>)[name]).filter(isObject);
  for (const holder of reachable([...named, ...unnamed()])) lock(holder);
  for (const name of [...GLOBALS, ...NAMES_ONLY]) {
    const value = (globalThis as Record<string, unknown>)[name];
    const known = Object.getOwnPropertyDescriptor(globalThis, name);
    if (known?.configurable)
      Object.defineProperty(globalThis, name, { value, writable: false, configurable: false });
  }
}
