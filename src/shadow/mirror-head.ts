// The head of a mirrored request: what the legacy got, changed for the shadow leg alone. The body is known
// whole, so it always goes with a Content-Length.
import type { MirrorSettings } from "../core/snapshot.ts";
import { equalsIgnoringCase, latin1 } from "../wire/bytes.ts";
import type { HeadWriter } from "../wire/head-writer.ts";
import {
  H_AUTHORIZATION,
  H_CONTENT_LENGTH,
  H_COOKIE,
  H_EXPECT,
  H_HOST,
  H_TRAILER,
  H_X_PARALLAX_ROLE,
  IS_HOP_BY_HOP,
} from "../wire/header-id.ts";
import { BODY_CHUNKED, type RequestHead } from "../wire/request-head.ts";
import { rewriteTarget } from "../wire/rewrite-target.ts";

/** Tells whoever reads it that no client waits: in a log, and for a Parallax behind this one. */
const ROLE_LINE = "x-parallax-role: shadow\r\n";

/** Settings of a route, prepared once. */
export interface MirrorEdits {
  readonly settings: Pick<MirrorSettings, "credentials" | "hostHeader" | "pathRewrite">;
  /** Lower-case names that are taken away: removed ones, and those that are set. */
  readonly dropped: readonly string[];
  /** Lines that are added, each with CR LF. */
  readonly added: string;
}

export function prepareMirrorEdits(settings: MirrorSettings): MirrorEdits {
  return {
    settings,
    dropped: [...settings.removeHeaders, ...settings.setHeaders.map(([name]) => name.toLowerCase())],
    added: settings.setHeaders.map(([name, value]) => `${name}: ${value}\r\n`).join("") + ROLE_LINE,
  };
}

/** For the same service once more: the head that it got, credentials and all, and the mark. */
export function prepareUnchangedEdits(hostHeader: MirrorSettings["hostHeader"]): MirrorEdits {
  return {
    settings: { credentials: "keep", hostHeader, pathRewrite: undefined },
    dropped: [],
    added: ROLE_LINE,
  };
}

/** The legacy once more, or in the role of the shadow: the head is in the form that it gets, its Host decided. */
export const LEGACY_EDITS = prepareUnchangedEdits("preserve");

/** Whether a mirror asks for what a client of the candidate would: as the same user, with the same lines. */
export function isAskedAsClient({ settings, dropped }: MirrorEdits): boolean {
  return settings.credentials === "keep" && dropped.length === 0;
}

/** Writes the head; `writer` holds it afterwards. `head` is the record's, parsed. */
export function writeMirrorHead(
  writer: HeadWriter,
  head: RequestHead,
  { edits, bodyBytes }: { readonly edits: MirrorEdits; readonly bodyBytes: number },
): void {
  const { bytes, lines } = head;
  const { settings, dropped } = edits;
  const isCredentialDropped = settings.credentials === "strip";
  const isHostReplaced = settings.hostHeader !== "preserve";
  writer.begin();
  writer.copy(bytes, head.start, head.methodEnd + 1);
  if (settings.pathRewrite === undefined) writer.copy(bytes, head.targetStart, head.targetEnd);
  else writer.text(rewriteTarget(latin1(bytes, head.targetStart, head.targetEnd), settings.pathRewrite));
  writer.text(" HTTP/1.1\r\n");
  if (isHostReplaced) writer.text(`host: ${settings.hostHeader}\r\n`);
  writer.copyLines(bytes, lines, (line) => {
    const id = lines.id(line);
    const isDropped =
      (id !== 0 &&
        (IS_HOP_BY_HOP[id] === 1 ||
          (id === H_HOST && isHostReplaced) ||
          id === H_CONTENT_LENGTH ||
          // The body goes along at once; any other expectation is the candidate's to meet or refuse.
          (id === H_EXPECT &&
            equalsIgnoringCase(bytes, lines.valueStart(line), lines.valueEnd(line), "100-continue")) ||
          id === H_TRAILER ||
          id === H_X_PARALLAX_ROLE ||
          (isCredentialDropped && (id === H_AUTHORIZATION || id === H_COOKIE)))) ||
      (dropped.length > 0 && isNamed(bytes, lines.nameStart(line), lines.nameEnd(line), dropped));
    return !isDropped;
  });
  // A request that came with a length keeps one, even 0 (RFC 9110 §8.6).
  if (bodyBytes > 0 || head.contentLength === 0 || head.bodyKind === BODY_CHUNKED) {
    writer.text(`content-length: ${bodyBytes}\r\n`);
  }
  writer.text(edits.added);
  writer.text("\r\n");
}

function isNamed(bytes: Uint8Array, start: number, end: number, names: readonly string[]): boolean {
  for (const name of names) if (equalsIgnoringCase(bytes, start, end, name)) return true;
  return false;
}
