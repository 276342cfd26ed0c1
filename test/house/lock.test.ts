// `npm ci` refuses a lock file that leaves out a package for another platform. npm writes such a file without a
// word when the registry of the moment does not have that package.
import { expect, test } from "vitest";
import { read } from "./source-tree.ts";

interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const { packages } = JSON.parse(read("package-lock.json")) as {
  packages: Readonly<Record<string, LockedPackage>>;
};
const locked = Object.entries(packages);

test("package-lock.json holds every optional dependency that it names", () => {
  const places = locked.map(([place]) => place);
  const named = locked.flatMap(([, { optionalDependencies = {} }]) => Object.keys(optionalDependencies));
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((name) => !places.some((place) => place.endsWith(`node_modules/${name}`)))).toEqual([]);
});

test("package-lock.json pins every package by version and hash", () => {
  const loose = locked.filter(
    ([place, { version, integrity }]) =>
      place !== "" && (version === undefined || !integrity?.startsWith("sha512-")),
  );
  expect(loose.map(([place]) => place)).toEqual([]);
});
