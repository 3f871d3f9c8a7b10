import { AllowRules, areKeysOn, Button, switchKeys } from "countersign/react";
import {
  CircleAlert,
  Info,
  Keyboard,
  KeyboardOff,
  Menu,
  Monitor,
  Moon,
  Sun,
  TextSearch,
  UserRound,
  Workflow,
} from "lucide-react";
import { useEffect, useState } from "react";
import type { AppInfo } from "../lib/api.ts";
import { applyTheme, onSystemTheme, readTheme, type Theme } from "../lib/theme.ts";
import { words } from "../words.ts";

interface TopBarProps {
  title: string;
  info: AppInfo;
  name: string;
  isReconnecting: boolean;
  onMenu: () => void;
  onName: () => void;
  /** Opens the search within the chat. Undefined where there is none. */
  onFind?: (() => void) | undefined;
  /** Undefined while there is nothing to look behind. */
  onInspect: (() => void) | undefined;
}

/** Where one is, and what it runs on: the model, the workspace, the tools. */
export function TopBar(props: TopBarProps) {
  const { title, info, name, isReconnecting, onMenu, onName, onFind, onInspect } = props;
  return (
    <header className="flex items-center gap-0.5 border-line sm:gap-2 border-b bg-bg px-3 py-2 sm:px-4">
      <Button kind="quiet" className="px-2 md:hidden" aria-label={words.topBar.showList} onClick={onMenu}>
        <Menu className="size-5" aria-hidden />
      </Button>
      <h1 dir="auto" className="min-w-0 flex-1 sm:min-w-16 truncate font-medium text-sm">
        {title}
      </h1>
      {isReconnecting ? (
        <span role="status" className="animate-pulse text-muted text-xs">
          {words.topBar.reconnecting}
        </span>
      ) : null}
      {onFind ? (
        <Button
          kind="quiet"
          className="px-2"
          aria-label={words.find.open}
          title={words.find.open}
          onClick={onFind}
        >
          <TextSearch className="size-4" aria-hidden />
        </Button>
      ) : null}
      {onInspect ? (
        <Button
          kind="quiet"
          className="px-2"
          aria-label={words.topBar.inspect}
          title={words.topBar.inspect}
          onClick={onInspect}
        >
          <Workflow className="size-4" aria-hidden />
        </Button>
      ) : null}
      <InfoButton info={info} />
      <KeysButton />
      <ThemeButton className="max-sm:hidden" />
      <Button kind="quiet" className="px-2" onClick={onName} aria-label={words.topBar.actAs(name)}>
        <UserRound className="size-4" aria-hidden />
        <span className="hidden max-w-32 truncate sm:inline">{name}</span>
      </Button>
    </header>
  );
}

const infoId = "what-this-runs-on";

function InfoButton({ info }: { info: AppInfo }) {
  const failed = info.servers.filter(({ status }) => status === "failed");
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button kind="quiet" className="min-w-0 max-w-[30vw] px-2 sm:max-w-none" popoverTarget={infoId}>
        {failed.length > 0 ? (
          <CircleAlert className="size-4 shrink-0 text-bad" aria-label={words.topBar.serverFailed} />
        ) : null}
        <Info className="size-4 shrink-0 sm:hidden" aria-hidden />
        <span className="truncate max-sm:sr-only">{info.model?.label ?? info.graphs.join(", ")}</span>
        {info.workspace === null ? null : (
          <span className="hidden max-w-40 truncate font-normal text-muted lg:inline">
            {words.topBar.workspaceIn(info.workspace.split(/[\\/]/).at(-1) ?? "")}
          </span>
        )}
      </Button>
      <div
        id={infoId}
        popover="auto"
        role="dialog"
        aria-label={words.topBar.info}
        onToggle={(event) => setOpen(event.newState === "open")}
        className="fixed inset-auto end-2 top-13 m-0 w-80 max-w-[96vw] rounded-xl border border-line bg-panel p-4 text-ink text-sm shadow-lg"
      >
        <dl className="grid gap-2">
          <div>
            <dt className="text-muted text-xs">{words.topBar.graphs}</dt>
            <dd className="break-words">{info.graphs.join(", ")}</dd>
          </div>
          {info.model === null ? null : (
            <div>
              <dt className="text-muted text-xs">{words.topBar.model}</dt>
              <dd>{info.model.label}</dd>
              {info.model.note ? <dd className="text-muted">{info.model.note}</dd> : null}
            </div>
          )}
          {info.workspace === null ? null : (
            <div>
              <dt className="text-muted text-xs">{words.topBar.workspace}</dt>
              <dd className="break-all font-mono text-xs">{info.workspace}</dd>
            </div>
          )}
          <div hidden={info.servers.length === 0}>
            <dt className="text-muted text-xs">{words.topBar.servers}</dt>
            {info.servers.map((server) => (
              <dd key={server.name} className="break-words">
                <span className={server.status === "failed" ? "text-bad" : "text-ok"}>
                  {server.status === "failed" ? words.topBar.failed : words.topBar.ready}
                </span>{" "}
                {server.name}
                {server.status === "failed" ? (
                  <span className="block text-bad text-xs">{server.error}</span>
                ) : (
                  <span className="text-muted"> {words.topBar.tools(server.tools.length)}</span>
                )}
              </dd>
            ))}
          </div>
          <div>
            <dt className="text-muted text-xs">{words.topBar.allowed}</dt>
            <dd>{isOpen ? <AllowRules /> : null}</dd>
          </div>
        </dl>
        {isOpen ? <ThemeButton className="mt-2 justify-start px-0! sm:hidden" isNamed /> : null}
      </div>
    </>
  );
}

function KeysButton() {
  const [isOn, setOn] = useState(areKeysOn);
  const label = isOn ? words.topBar.keysOn : words.topBar.keysOff;
  return (
    <Button
      kind="quiet"
      className="px-2 max-sm:hidden [@media(hover:none)]:hidden"
      aria-label={words.topBar.change(label)}
      title={label}
      onClick={() => {
        switchKeys(!isOn);
        setOn(!isOn);
      }}
    >
      {isOn ? <Keyboard className="size-4" aria-hidden /> : <KeyboardOff className="size-4" aria-hidden />}
    </Button>
  );
}

const themes: Record<Theme, { next: Theme; icon: typeof Sun }> = {
  system: { next: "light", icon: Monitor },
  light: { next: "dark", icon: Sun },
  dark: { next: "system", icon: Moon },
};

function ThemeButton({ className, isNamed = false }: { className: string; isNamed?: boolean }) {
  const [theme, setTheme] = useState(readTheme);
  useEffect(() => {
    applyTheme(theme);
    return onSystemTheme(() => applyTheme(theme));
  }, [theme]);
  const { next, icon: Icon } = themes[theme];
  const label = words.topBar.themes[theme];
  return (
    <Button
      kind="quiet"
      className={`px-2 ${className}`}
      aria-label={words.topBar.change(label)}
      title={label}
      onClick={() => setTheme(next)}
    >
      <Icon className="size-4" aria-hidden />
      {isNamed ? label : null}
    </Button>
  );
}
