// What the store answers where it cannot do its work: a value, never an exception.

/** Why the store cannot do its work at the moment. */
export type StoreFaultCode =
  | "disk-full"
  | "locked" // another process holds the file
  | "corrupt" // and it could not be set aside
  | "not-writable"
  | "io"
  | "newer-version" // written by a newer Parallax: left alone
  | "foreign-file" // another program's database: left alone
  | "busy" // its thread has not answered for too long
  | "closed"
  | "internal";

export interface StoreFault {
  readonly code: StoreFaultCode;
  /** What, where, what to do: one line. */
  readonly message: string;
}

export type StoreRead<T> =
  | { readonly kind: "ok"; readonly value: T }
  | ({ readonly kind: "failed" } & StoreFault);
