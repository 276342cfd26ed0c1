// The question "what does tenant X get?", from what somebody typed to what the API is asked. Pure.

export interface ExplainForm {
  /** A header a line: `x-tenant: acme`; cookies are one of them. */
  readonly headers: string;
  readonly cookies: string;
  /** Path and query. */
  readonly target: string;
  readonly address: string;
  /** As a field for date and time has it, in UTC; empty: now. */
  readonly at: string;
}

export const EMPTY_EXPLAIN: ExplainForm = { headers: "", cookies: "", target: "", address: "", at: "" };

export type ExplainProblems = Readonly<Partial<Record<keyof ExplainForm, string>>>;
export type AskedExplain =
  | { readonly ok: true; readonly query: string }
  | { readonly ok: false; readonly problems: ExplainProblems };

const HEADER_LINE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+:/;
const COOKIE = /^[^=;\s]+=[^;]*$/;

const linesOf = (text: string) =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

export function askExplain(route: string, form: ExplainForm): AskedExplain {
  const problems: Partial<Record<keyof ExplainForm, string>> = {};
  const headers = linesOf(form.headers);
  const wrong = headers.find((line) => !HEADER_LINE.test(line));
  if (wrong !== undefined) problems.headers = `A header is “name: value”, and this is not: ${wrong}`;
  const cookies = form.cookies
    .split(/[;\n]/)
    .map((cookie) => cookie.trim())
    .filter((cookie) => cookie !== "");
  if (!cookies.every((cookie) => COOKIE.test(cookie))) problems.cookies = "A cookie is “name=value”.";
  const target = form.target.trim();
  if (target !== "" && !target.startsWith("/")) problems.target = "A path begins with a slash.";
  const at = form.at === "" ? undefined : new Date(`${form.at}Z`);
  if (at !== undefined && Number.isNaN(at.getTime())) problems.at = "A date and a time, in UTC.";
  if (Object.keys(problems).length > 0) return { ok: false, problems };
  const query = new URLSearchParams({ route });
  for (const line of headers) query.append("header", line);
  if (cookies.length > 0) query.append("header", `cookie: ${cookies.join("; ")}`);
  if (target !== "") query.set("target", target);
  if (form.address.trim() !== "") query.set("address", form.address.trim());
  if (at !== undefined) query.set("at", at.toISOString());
  return { ok: true, query: query.toString() };
}
