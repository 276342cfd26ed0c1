// Inputs that probe a JSON reader, by what they are about: `yes` every reader must take, `no` none may. Bytes are
// written as Latin-1 text, so that any byte can stand in a table; `u` makes UTF-8 of a text.

/** The Latin-1 text of a text's UTF-8 bytes. */
function u(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

function utf16(text: string, isBigEndian: boolean): string {
  const bytes = Buffer.from(text, "utf16le");
  return (isBigEndian ? bytes.swap16() : bytes).toString("latin1");
}

const BOM = "\xef\xbb\xbf";

const STRUCTURE = {
  yes: ["[]", "{}", " [ ] ", "\t{\n}\r", "[[]]", '{"a":{}}', "[1,2]", '{"a":1,"a":2}', '{"":0}', "[[],[]]"],
  no: [
    ..."[ ] { } , : [[ {{ [][] {}{} {}[] [][ []] {}} [,] [1,] [,1] [1,,2] [1 2] [1:2]".split(" "),
    ...["[1 2]", "[] []", "[1] x", "[1]x", "{} {}", "[", '["a"', '["a",', '["a" "b"]', "[1,\n1\n,1", "[a]"],
    ...['{"a"}', '{"a":}', '{"a":1,}', '{,"a":1}', '{"a":1,,"b":2}', '{"a"::1}', '{"a":1:2}', '{"a" 1}'],
    ...[
      '{"a":1 "b":2}',
      '{"a","b"}',
      "{:1}",
      '{"a":1',
      '{"a":',
      '{"a',
      "{a:1}",
      "{'a':1}",
      "{1:1}",
      "{null:1}",
    ],
    ...[
      '{"a":1}}',
      '{"a":1]',
      '["a":1]',
      "[}",
      "{]",
      '{"a":[}',
      '[{"a":1]',
      '{"a":1}#',
      '{"a":b}',
      '{"a":1}"',
    ],
    ...["{[]:1}", '{"a":1,"b"}', "(1)", "<1>", "[<null>]", "[1;2]", "*", "[*]", '{"a":/*c*/1}', "[1]//c"],
    ...[
      "/**/1",
      "1/**/",
      "# c\n1",
      "[1,//c\n2]",
      "<!-- 1 -->",
      "&",
      "\\",
      "[\\n]",
      "`1`",
      "[...]",
      "{...}",
      "$",
    ],
  ],
};

const LITERALS = {
  yes: ["null", "true", "false", " null ", "[null,true,false]", "\r\ntrue\t"],
  no: [
    ..."nul nulll Null NULL tru truee True TRUE fals falsee False n t f nil none None undefined".split(" "),
    ..."NaN -NaN nan Infinity -Infinity +Infinity inf -inf Inf yes no on off".split(" "),
    ...[
      "[NaN]",
      "[Infinity]",
      "[-Infinity]",
      "[nul]",
      "[tru]",
      "[fals]",
      "truefalse",
      "true false",
      "null,null",
    ],
    ...["n ull", "tr\x00ue", "null\x00", "\x00null", "void 0", "new Date(0)", "ObjectId()"],
  ],
};

const NUMBERS = {
  yes: [
    ..."0 -0 1 -1 10 0.0 -0.0 0e0 0E0 0e+0 0e-0 1e1 1E1 1e+1 1e-1 1.5 1.5e10 1e01 1e-007 0.00".split(" "),
    ..."1e400 -1e400 1e-400 123456789012345678901234567890 0.1e1 9007199254740993 1e999999999999999999999".split(
      " ",
    ),
  ],
  no: [
    ..."00 01 -00 -01 -012 012 +1 +0 ++1 --1 - + -- -a 1. .1 -. . -.1 1.e1 .e1 1..2 1.2.3 1e 1E 1e+ 1e-".split(
      " ",
    ),
    ..."1e++1 1e1.5 1e1e1 1ee1 e1 e E 1a 1x 0x0 0x1F 0b1 0o7 1n 1_000 1,000 1f 1d 1L 0e 0e+ 0.e1 -1. 2.e3".split(
      " ",
    ),
    ...[
      "1 000",
      "- 1",
      "1 .5",
      "1. 5",
      "1e 5",
      "[-]",
      "[1.]",
      "[.5]",
      "[0.3e]",
      "[1e]",
      "[-foo]",
      "[1ea]",
      "[1+2]",
    ],
    ...[
      "[0x42]",
      "[-2.]",
      "[1.2a-3]",
      "[\x31\x00]",
      u("１"),
      u("[１]"),
      u("−1"),
      u("1٫5"),
      u("٣"),
      "1\xa0",
      "1\x0b",
    ],
  ],
};

const STRINGS = {
  yes: [
    ...[
      '""',
      '"a"',
      '"\\""',
      '"\\\\"',
      '"\\/"',
      '"/"',
      '"\\b\\f\\n\\r\\t"',
      '"\\u0000"',
      '"\\u0041"',
      '"\\uABcd"',
    ],
    ...['"\\ud83d\\ude00"', '"\\ud83d"', '"\\ude00"', '"\\ud83d\\ud83d"', '"\\u0022"', '"\x7f"', u('"é"')],
    ...[u('"\u2028\u2029"'), u('"\ufeff"'), u('"\uffff"'), u('"\u{10ffff}"'), u('["\u00a0"]'), '"\\\\u0041"'],
  ],
  no: [
    ...['"', '"a', "'a'", "a", '"\\"', '"\\', '"a" "b"', '"a"b', '""x', '"\\x41"', '"\\a"', '"\\0"', '"\\v"'],
    ...[
      '"\\u"',
      '"\\u0"',
      '"\\u00"',
      '"\\u004"',
      '"\\u004',
      '"\\u00G1"',
      '"\\U0041"',
      '"\\u{41}"',
      '"\\u 041"',
    ],
    ...[
      '"\\ud83d\\u"',
      '"\\ud83d\\u1x"',
      '"\\ud83d\\"',
      '"\\u-001"',
      '"\\u+001"',
      '"\\u00e"',
      '"\\u123\n"',
      '["\\"]',
    ],
    ...[
      '"\x00"',
      '"a\x00b"',
      '"\n"',
      '"\r"',
      '"\t"',
      '"\x01"',
      '"\x1f"',
      '"\\\n"',
      '"\\ "',
      '"\\\xc3\xa9"',
      '["a]',
    ],
    ...[
      '{"\n":1}',
      '{"\\q":1}',
      '{"\\u12":1}',
      '{"a:1}',
      '"a""b"',
      '"""',
      "\\u0022a\\u0022",
      "“a”",
      u("“a”"),
    ],
    ...['"\\u004\x00"', '"\\\x00"', '"\\\u00ff"', '"\\\'"', '"\\8"', '"\\c"', '"\\ud800\\', '"\\\\\\"'],
  ],
};

const SPACE = {
  yes: [`${BOM}1`, `${BOM} [] `, "\r\n\t 1 \r\n\t", `${BOM}{}`],
  no: [
    ...[
      "",
      " ",
      "\n",
      BOM,
      `${BOM} `,
      `${BOM}${BOM}1`,
      ` ${BOM}1`,
      `1${BOM}`,
      `[${BOM}]`,
      "\xef\xbb1",
      "\xef1",
    ],
    ...[
      "\x0c1",
      "1\x0c",
      "[\x0c]",
      "\x0b1",
      "\xa01",
      u("\u00a01"),
      u("\u20281"),
      u("1\u2029"),
      u("[\u30001]"),
    ],
    ...[
      "\x00",
      "1\x00",
      "\x001",
      "[\x00]",
      "[1\x00,2]",
      "\x1a1",
      "1\x1a",
      "\x1e1\n",
      "\x7f1",
      u("\u200b1"),
      "\x851",
    ],
    ...[u("\u2060[]"), u("[]\u200b"), "\x081", "\x1b[0m1"],
  ],
};

/** Bytes that are not JSON in UTF-8, outside strings: other encodings, broken sequences. */
const ENCODINGS = {
  yes: [] as string[],
  no: [
    ...[
      utf16("[]", false),
      utf16("[]", true),
      `\xff\xfe${utf16("[]", false)}`,
      `\xfe\xff${utf16("[]", true)}`,
    ],
    ...[
      utf16("1", false),
      "\xff\xfe\x00\x001\x00\x00\x00",
      "1\x00\x00\x00",
      "\x00\x00\x001",
      "\x2b/v8-1",
      "\x0e\xfe\xff1",
    ],
    ...[
      "\x80",
      "\xff",
      "\xfe",
      "\xc0",
      "\xe9",
      "[\x80]",
      "[\xff]",
      "\xc3\xa9",
      "1\x80",
      "\xf0\x9f\x98\x80",
      "\xe2\x82",
    ],
    ...[
      "[\xc3\xa9]",
      "{\xff:1}",
      "\xed\xa0\x80",
      "\xf4\x90\x80\x80",
      "\xc0\xb1",
      "\xe0\x80\xb1",
      "[1\xe2]",
      "\x1f\x8b\x08",
    ],
  ],
};

const NESTING = {
  yes: ["[".repeat(900) + "]".repeat(900), `${'{"a":'.repeat(900)}1${"}".repeat(900)}`],
  no: [
    ...[
      "[".repeat(900),
      '{"a":'.repeat(900),
      "]".repeat(900),
      '[{"a":'.repeat(400),
      "[".repeat(900) + "]".repeat(899),
    ],
    ...[
      "[".repeat(899) + "]".repeat(900),
      "[".repeat(900) + "}".repeat(900),
      '{"":['.repeat(400) + "}]".repeat(400),
    ],
  ],
};

const GROUPS = { STRUCTURE, LITERALS, NUMBERS, STRINGS, SPACE, ENCODINGS, NESTING };

function inputsOf(
  take: (group: { yes: readonly string[]; no: readonly string[] }) => readonly string[],
): Buffer[] {
  const texts = new Set(Object.values(GROUPS).flatMap(take));
  return [...texts].map((text) => Buffer.from(text, "latin1"));
}

/** Texts that are JSON. */
export const VALID = inputsOf(({ yes }) => yes);
/** Bytes that are not JSON. */
export const MALFORMED = inputsOf(({ no }) => no);

/**
 * Bytes that are not UTF-8 inside a string: RFC 8259 leaves them to the reader. The judge takes them as what they
 * are, so that two bodies which differ in one such byte differ.
 */
export const INVALID_UTF8_STRINGS = [
  ...[
    "\x80",
    "\xbf",
    "\xff",
    "\xfe",
    "\xc0\xaf",
    "\xc1\xbf",
    "\xe0\x80\xaf",
    "\xf0\x80\x80\xaf",
    "\xed\xa0\x80",
  ],
  ...[
    "\xed\xbf\xbf",
    "\xed\xa0\xbd\xed\xb8\x80",
    "\xf4\x90\x80\x80",
    "\xf8\x88\x80\x80\x80",
    "\xe9",
    "\xc3",
    "\xe2\x82",
  ],
  ...["\xf0\x9f\x98", "a\x80b", "\xc3\xa9\xa9", "\xfc\x84\x80\x80\x80\x80", "\xef\xbb", "\xff\xff\xff\xff"],
].map((bytes) => Buffer.from(`"${bytes}"`, "latin1"));

/** A body cut off after each of its bytes but the last that ends its value. */
export function truncations(body: Buffer): Buffer[] {
  return Array.from({ length: body.length }, (_, length) => body.subarray(0, length));
}
