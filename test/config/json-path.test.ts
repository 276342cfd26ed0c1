import { expect, test } from "vitest";
import { pointerFromJsonPath } from "../../src/config/json-path.ts";

test.each([
  ["$", ""],
  ["$.a", "/a"],
  ["$.items[*].id", "/items/*/id"],
  ["$.items.*", "/items/*"],
  ["$[*]", "/*"],
  ["$[0][12]", "/0/12"],
  ["$..id", "/**/id"],
  ["$..*", "/**/*"],
  ["$..[*]", "/**/*"],
  ["$..['x'].y", "/**/x/y"],
  ["$['a/b'][0]", "/a~1b/0"],
  ["$['a~b']", "/a~0b"],
  ['$["a b"]', "/a b"],
  ["$['']", "/"],
  ["$['it\\'s']", "/it's"],
  [`$['a"b']`, '/a"b'],
  ['$["a\\"b"]', '/a"b'],
  ["$['\\u00e9\\n\\\\']", "/é\n\\"],
  ["$.größe.名_1", "/größe/名_1"],
  ["$ .a [ 0 ]", "/a/0"],
  ["$.__proto__['constructor']", "/__proto__/constructor"],
  ["$['$.a']", "/$.a"],
])("%s is %s", (path, pointer) => {
  expect(pointerFromJsonPath(path)).toEqual({ ok: true, pointer });
});

test.each([
  ["a", "begins with $"],
  ["$a", "a . or ["],
  ["$.", "a name after the dot"],
  ["$..", "a name after the dot"],
  ["$...a", "a name after the dot"],
  ["$.0", "a name after the dot"],
  ["$.a-b", "a . or ["],
  ["$[", "inside brackets"],
  ["$[]", "inside brackets"],
  ["$[0", "a ] after"],
  ["$[a]", "inside brackets"],
  ["$['a]", "inside brackets"],
  ["$[?@.a==1]", "without filters"],
  ["$[?(@.a)]", "without filters"],
  ["$[1:2]", "without slices"],
  ["$[:2]", "without slices"],
  ["$[::]", "without slices"],
  ["$[-1:]", "without slices"],
  ["$[0,1]", "without unions"],
  ["$['a','b']", "without unions"],
  ["$[-1]", "from the front"],
  ["$[-0]", "from the front"],
  ["$[01]", "leading zeros"],
  ["$['*']", "stands for any segment"],
  ["$['**']", "stands for any segment"],
  ["$['\\x41']", "an escape that RFC 9535 knows"],
  ["$['\\\"']", "an escape that RFC 9535 knows"],
  ["$['\\u12']", "an escape that RFC 9535 knows"],
  ["$['a\nb']", "control characters"],
  ["$.a()", "a . or ["],
])("%s cannot be a pointer: %s", (path, why) => {
  expect(pointerFromJsonPath(path)).toEqual({ ok: false, fault: expect.stringContaining(why) });
});
