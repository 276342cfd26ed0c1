// Messages from the grammar, and what an attacker does to them. Everything follows from the random numbers.
import type { SeededRandom } from "./seeded-random.ts";

const METHODS = ["GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "PURGE", "PROPFIND", "QUERY"];
const TARGETS = ["/", "/a", "/a//b", "/%2F;x=1?q=1&r=%00", "/?a=b", "http://a.example/x", "*", "/é", "/a b"];
const VERSIONS = [
  "HTTP/1.1",
  "HTTP/1.1",
  "HTTP/1.1",
  "HTTP/1.1",
  "HTTP/1.0",
  "HTTP/2.0",
  "HTTP/1.2",
  "http/1.1",
];
const STATUSES = [
  "200",
  "200",
  "204",
  "304",
  "100",
  "103",
  "101",
  "404",
  "500",
  "999",
  "099",
  "20",
  "2000",
  "2x0",
];
const NAMES = [
  "A",
  "x-y",
  "Cookie",
  "Accept",
  "Content-Type",
  "X!#$%&'*+.^_`|~z",
  "Set-Cookie",
  "Trailer",
  "TE",
];
const VALUES = ["", "b", "a b", " padded ", "\ttab\t", 'quoted "x"', "é\xff", "a,b,,c", "=:;", "0"];
const FRAMING = [
  "Content-Length: 0",
  "Content-Length: 5",
  "content-length:5",
  "Content-Length: +5",
  "Content-Length: 5,5",
  "Content-Length: 0x5",
  "Content-Length: 5 ",
  "Content-Length: 05",
  "Content-Length: -1",
  "Content-Length: 99999999999999999999",
  "Content-Length:",
  "Transfer-Encoding: chunked",
  "transfer-encoding: CHUNKED",
  "Transfer-Encoding: chunked, chunked",
  "Transfer-Encoding: gzip, chunked",
  "Transfer-Encoding: chunked, identity",
  "Transfer-Encoding: identity",
  "Transfer-Encoding : chunked",
  "Transfer-Encoding: \x0bchunked",
  "Transfer-Encoding: chunked;q=1",
  "Transfer_Encoding: chunked",
  "Connection: close",
  "Connection: keep-alive",
  "Connection: upgrade",
  "Connection: Content-Length",
  "Connection: x-y, close",
  "Upgrade: websocket",
  "Upgrade: h2c",
  "Expect: 100-continue",
];
const CHUNK_LINES = [
  "5",
  "05",
  "5;a=b",
  "5;a",
  '5;a="b c"',
  "5 ",
  " 5",
  "0x5",
  "+5",
  "-5",
  "5;",
  "5;a=",
  "ffffffffffffffff",
];

/** What an attacker puts in, takes out, or puts in the place of something. */
const POISON = [
  "\r",
  "\n",
  "\r\n",
  " ",
  "\t",
  "\0",
  ":",
  "0",
  "9",
  "a",
  "F",
  ";",
  ",",
  "\x7f",
  "\x80",
  "\x0b",
  "-",
  "+",
];

function fieldLines(random: SeededRandom, framing: readonly string[]): string[] {
  const lines = [...framing];
  for (let left = random.below(4); left > 0; left--) {
    lines.splice(
      random.below(lines.length + 1),
      0,
      `${random.pick(NAMES)}:${random.pick(["", " ", "\t "])}${random.pick(VALUES)}`,
    );
  }
  if (random.chance(10))
    lines.splice(
      random.below(lines.length + 1),
      0,
      random.pick([" folded", "\tfolded", ": no name", "no colon"]),
    );
  return lines;
}

function chunked(random: SeededRandom): string {
  let body = "";
  for (let left = random.below(3); left > 0; left--) {
    const line = random.chance(80) ? random.pick(["5", "05", "5;a=b"]) : random.pick(CHUNK_LINES);
    body += `${line}\r\nhello\r\n`;
  }
  const trailer = random.chance(30) ? `${random.pick(NAMES)}: ${random.pick(VALUES)}\r\n` : "";
  return `${body}${random.pick(["0", "0", "0", "00", "0;x"])}\r\n${trailer}\r\n`;
}

/** Lines that frame, and the body that belongs to them; sometimes to others. */
function framed(random: SeededRandom): { readonly lines: string[]; readonly body: string } {
  const kind = random.below(10);
  if (kind < 3) return { lines: [], body: "" };
  if (kind < 5) return { lines: ["Content-Length: 5"], body: "hello" };
  if (kind < 8) return { lines: ["Transfer-Encoding: chunked"], body: chunked(random) };
  const lines = [random.pick(FRAMING)];
  while (random.chance(40)) lines.push(random.pick(FRAMING));
  return { lines, body: random.pick(["", "hello", chunked(random)]) };
}

function request(random: SeededRandom): string {
  const { lines, body } = framed(random);
  if (random.chance(95))
    lines.unshift(random.pick(["Host: a", "Host: a.example:80", "host:\t[::1]:8", "Host:"]));
  const target = random.chance(80) ? "/a" : random.pick(TARGETS);
  const version = random.chance(85) ? "HTTP/1.1" : random.pick(VERSIONS);
  const head = [`${random.pick(METHODS)} ${target} ${version}`, ...fieldLines(random, lines)];
  return `${random.chance(5) ? "\r\n" : ""}${head.join("\r\n")}\r\n\r\n${body}`;
}

function answer(random: SeededRandom): string {
  const { lines, body } = framed(random);
  const status = random.chance(70) ? "200" : random.pick(STATUSES);
  const version = random.chance(85) ? "HTTP/1.1" : random.pick(VERSIONS);
  const reason = random.pick([" OK", " ", "", " Not Found", " é", "\tOK"]);
  return `${[`${version} ${status}${reason}`, ...fieldLines(random, lines)].join("\r\n")}\r\n\r\n${body}`;
}

function mutate(random: SeededRandom, text: string): string {
  const at = random.below(text.length + 1);
  switch (random.below(6)) {
    case 0:
      return text.slice(0, at) + random.pick(POISON) + text.slice(at);
    case 1:
      return text.slice(0, at) + text.slice(at + 1);
    case 2:
      return text.slice(0, at) + random.pick(POISON) + text.slice(at + 1);
    case 3:
      return text.slice(0, at) + String.fromCharCode(random.below(256)) + text.slice(at + 1);
    case 4: {
      // A line twice, or moved.
      const lines = text.split("\r\n");
      const line = lines[random.below(lines.length)] as string;
      lines.splice(random.below(lines.length + 1), random.below(2), line);
      return lines.join("\r\n");
    }
    default:
      return text.replace("\r\n", random.pick(["\n", "\r", "\r\r\n", "\n\r", "\r\n "]));
  }
}

/** One to three messages one behind the other, half of them mutated. */
export function generate(kind: "requests" | "answers", random: SeededRandom): Buffer {
  let text = "";
  for (let left = 1 + random.below(3); left > 0; left--)
    text += kind === "requests" ? request(random) : answer(random);
  if (random.chance(60)) for (let left = 1 + random.below(3); left > 0; left--) text = mutate(random, text);
  return Buffer.from(text, "latin1");
}

/** `bytes` in parts: one, all single bytes, two, or many. */
export function split(bytes: Buffer, random: SeededRandom): Buffer[] {
  const single = random.chance(20);
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = single ? 1 : 1 + random.below(bytes.length);
    parts.push(bytes.subarray(at, at + size));
    at += size;
  }
  return parts;
}
