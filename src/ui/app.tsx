// The frame around every view: navigation, the line of truth, and the view that the address names.
import type { ComponentChild } from "preact";
import { AuditPage } from "./audit/audit-page.tsx";
import { DifferencePage } from "./differences/difference-page.tsx";
import { DifferencesPage } from "./differences/differences-page.tsx";
import { EndpointsPage } from "./endpoints/endpoints-page.tsx";
import { ExchangePage } from "./exchange/exchange-page.tsx";
import { KillSwitch } from "./frame/kill-switch.tsx";
import { Who } from "./frame/me.tsx";
import { TruthLine } from "./frame/truth-line.tsx";
import { OverviewPage } from "./overview/overview-page.tsx";
import { EmptyState } from "./parts/empty-state.tsx";
import { KeyHelp, useKeys } from "./parts/keys.tsx";
import { ThemeSwitch } from "./parts/theme.tsx";
import { Toasts } from "./parts/toast.tsx";
import { RolloutPage } from "./rollout/rollout-page.tsx";
import { RoutePage } from "./rollout/route-page.tsx";
import { Link, navigate, usePath } from "./router.tsx";
import { RulesPage } from "./rules/rules-page.tsx";

interface View {
  readonly path: RegExp;
  readonly title: string;
  readonly render: (id: string) => ComponentChild;
}

const VIEWS: readonly View[] = [
  { path: /^\/$/, title: "Overview", render: () => <OverviewPage /> },
  { path: /^\/endpoints$/, title: "Endpoints", render: () => <EndpointsPage /> },
  { path: /^\/differences$/, title: "Differences", render: () => <DifferencesPage /> },
  {
    path: /^\/differences\/([^/]+)$/,
    title: "Difference",
    render: (id) => <DifferencePage key={id} id={id} />,
  },
  { path: /^\/rollout$/, title: "Rollout", render: () => <RolloutPage /> },
  { path: /^\/rollout\/([^/]+)$/, title: "Route", render: (id) => <RoutePage key={id} name={id} /> },
  { path: /^\/rules$/, title: "Rules", render: () => <RulesPage /> },
  { path: /^\/audit$/, title: "Audit log", render: () => <AuditPage /> },
  { path: /^\/exchanges\/([^/]+)$/, title: "Exchange", render: (id) => <ExchangePage id={id} /> },
];

const NAVIGATION = [
  { to: "/", text: "Overview", keys: "g o" },
  { to: "/endpoints", text: "Endpoints", keys: "g e" },
  { to: "/differences", text: "Differences", keys: "g d" },
  { to: "/rollout", text: "Rollout", keys: "g t" },
  { to: "/rules", text: "Rules", keys: "g r" },
  { to: "/audit", text: "Audit log", keys: "g a" },
] as const;

const NAVIGATION_KEYS = Object.fromEntries(
  NAVIGATION.map(({ to, text, keys }) => [keys, { text: `Go to ${text}`, run: () => navigate(to) }]),
);

/** What stands behind the last slash, or nothing where it is not a name at all. */
function idIn(view: View | undefined, path: string): string {
  try {
    return decodeURIComponent(view?.path.exec(path)?.[1] ?? "");
  } catch {
    return "";
  }
}

export function App() {
  const path = usePath();
  const view = VIEWS.find((candidate) => candidate.path.test(path));
  document.title = view === undefined ? "Parallax" : `${view.title} · Parallax`;
  useKeys(NAVIGATION_KEYS);
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="frame">
        <div class="bar">
          <strong class="brand">Parallax</strong>
          <nav aria-label="Views">
            {NAVIGATION.map(({ to, text }) => (
              <Link key={to} to={to} isCurrent={to === "/" ? path === "/" : path.startsWith(to)}>
                {text}
              </Link>
            ))}
          </nav>
          <div class="controls">
            <Who />
            <KillSwitch />
            <ThemeSwitch />
            <KeyHelp />
          </div>
        </div>
        <TruthLine />
      </header>
      <main id="main" tabIndex={-1}>
        {view === undefined ? (
          <EmptyState title="Nothing is at this address">
            <p>
              Go to the <Link to="/">overview</Link>.
            </p>
          </EmptyState>
        ) : (
          view.render(idIn(view, path))
        )}
      </main>
      <Toasts />
    </>
  );
}
