// The built review page, read once at the start and served from memory.
// Invariant: nothing is served that the build did not make: no path of a request is ever a path of a file.
import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";

/** Addresses of the page: each is answered with the same document, which looks at the address itself. */
export const PAGE_PATHS = [
  "/",
  "/endpoints",
  "/differences",
  "/differences/:id",
  "/exchanges/:id",
  "/rollout",
  "/rollout/:id",
  "/rules",
  "/audit",
] as const;

/** Scripts and styles of the build alone; nothing inline, nothing from elsewhere. */
export const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export interface PageFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: string;
}

export interface Page {
  readonly document: PageFile;
  /** `/assets/…` → file; their names hold a hash of what is in them. */
  readonly assets: ReadonlyMap<string, PageFile>;
}

const BUILT = join(import.meta.dirname, "../../dist/ui");

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

function readFile(path: string): PageFile {
  return {
    bytes: new Uint8Array(readFileSync(path)),
    type: TYPES[extname(path)] ?? "application/octet-stream",
  };
}

/** Undefined where it was not built: the plain page is there all the same. */
export function readPage(folder: string = BUILT): Page | undefined {
  try {
    const names = readdirSync(join(folder, "assets"));
    const assets = names.map((name) => [`/assets/${name}`, readFile(join(folder, "assets", name))] as const);
    return { document: readFile(join(folder, "index.html")), assets: new Map(assets) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
