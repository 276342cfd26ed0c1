// The address is the state of the page: what is shown, filtered and sorted can be sent to a colleague as a link.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";

const CHANGED = "parallax-address";

/** Goes to `address`, a path with its query. `replace` leaves no step to go back to (typing in a filter). */
export function navigate(address: string, options: { readonly replace?: boolean } = {}): void {
  if (options.replace === true) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  dispatchEvent(new Event(CHANGED));
}

function useAddress(): URL {
  const [href, setHref] = useState(location.href);
  useEffect(() => {
    const update = () => setHref(location.href);
    addEventListener("popstate", update);
    addEventListener(CHANGED, update);
    return () => {
      removeEventListener("popstate", update);
      removeEventListener(CHANGED, update);
    };
  }, []);
  return new URL(href);
}

export function usePath(): string {
  return useAddress().pathname;
}

export interface AddressQuery {
  readonly get: (name: string) => string | undefined;
  /** Undefined or empty takes the parameter away; other parameters stay. */
  readonly set: (
    changes: Readonly<Record<string, string | undefined>>,
    options?: { readonly replace?: boolean },
  ) => void;
  /** As it stands behind the question mark. */
  readonly text: string;
}

/** The query of the address: filters and sort orders live here, and nowhere else. */
export function useAddressQuery(): AddressQuery {
  const { pathname, searchParams } = useAddress();
  return {
    get: (name) => searchParams.get(name) ?? undefined,
    set: (changes, options) => {
      const next = new URLSearchParams(location.search);
      for (const [name, value] of Object.entries(changes)) {
        if (value === undefined || value === "") next.delete(name);
        else next.set(name, value);
      }
      const text = next.toString();
      navigate(text === "" ? pathname : `${pathname}?${text}`, options);
    },
    text: searchParams.toString(),
  };
}

export interface LinkProps {
  readonly to: string;
  readonly isCurrent?: boolean;
  readonly class?: string;
  readonly id?: string;
  readonly tabIndex?: number;
  readonly children: ComponentChildren;
}

/** A link within the page; with a modifier key or another button the browser does what it always does. */
export function Link({ to, isCurrent = false, children, ...rest }: LinkProps) {
  return (
    <a
      {...rest}
      href={to}
      aria-current={isCurrent ? "page" : undefined}
      onClick={(event) => {
        if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        navigate(to);
      }}
    >
      {children}
    </a>
  );
}
