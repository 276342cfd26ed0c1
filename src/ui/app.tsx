// The frame around every view: navigation, the line of truth, and the view that the address names.
import type { ComponentChild } from "preact";
import { OverviewPage } from "./pages/overview-page.tsx";
import { Link, usePath } from "./router.tsx";

interface View {
  readonly path: RegExp;
  readonly render: (id: string) => ComponentChild;
}

const VIEWS: readonly View[] = [{ path: /^\/$/, render: () => <OverviewPage /> }];

const NAVIGATION = [
  { to: "/", text: "Overview" },
  { to: "/endpoints", text: "Endpoints" },
  { to: "/differences", text: "Differences" },
  { to: "/rules", text: "Rules" },
  { to: "/audit", text: "Audit log" },
] as const;

export function App() {
  const path = usePath();
  const view = VIEWS.find((candidate) => candidate.path.test(path));
  const id = decodeURIComponent(view?.path.exec(path)?.[1] ?? "");
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="frame">
        <strong class="brand">Parallax</strong>
        <nav aria-label="Views">
          {NAVIGATION.map(({ to, text }) => (
            <Link key={to} to={to} isCurrent={to === "/" ? path === "/" : path.startsWith(to)}>
              {text}
            </Link>
          ))}
        </nav>
      </header>
      <main id="main" tabIndex={-1}>
        {view === undefined ? <p class="empty">Nothing is at this address.</p> : view.render(id)}
      </main>
    </>
  );
}
