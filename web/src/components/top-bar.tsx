import {
  CircleAlert,
  Keyboard,
  KeyboardOff,
  Menu,
  Monitor,
  Moon,
  Sun,
  UserRound,
  Workflow,
} from "lucide-react";
import { useEffect, useState } from "react";
import type { AppInfo } from "../lib/api.ts";
import { areKeysOn, switchKeys } from "../lib/keys.ts";
import { applyTheme, onSystemTheme, readTheme, type Theme } from "../lib/theme.ts";
import { Button } from "./button.tsx";

interface TopBarProps {
  title: string;
  info: AppInfo;
  name: string;
  isReconnecting: boolean;
  onMenu: () => void;
  onName: () => void;
  /** Undefined while there is nothing to look behind. */
  onInspect: (() => void) | undefined;
}

/** Where one is, and what it runs on: the model, the workspace, the tools. */
export function TopBar({ title, info, name, isReconnecting, onMenu, onName, onInspect }: TopBarProps) {
  return (
    <header className="flex items-center gap-2 border-line border-b bg-bg px-3 py-2 sm:px-4">
      <Button kind="quiet" className="px-2 md:hidden" aria-label="Show the list of chats" onClick={onMenu}>
        <Menu className="size-5" aria-hidden />
      </Button>
      <h1 className="min-w-0 flex-1 truncate font-medium text-sm">{title}</h1>
      {isReconnecting ? (
        <span role="status" className="animate-pulse text-muted text-xs">
          reconnecting…
        </span>
      ) : null}
      {onInspect ? (
        <Button
          kind="quiet"
          className="px-2"
          aria-label="Graph and history"
          title="Graph and history"
          onClick={onInspect}
        >
          <Workflow className="size-4" aria-hidden />
        </Button>
      ) : null}
      <InfoButton info={info} />
      <KeysButton />
      <ThemeButton />
      <Button
        kind="quiet"
        className="px-2"
        onClick={onName}
        aria-label={`You act as ${name}. Change the name`}
      >
        <UserRound className="size-4" aria-hidden />
        <span className="hidden max-w-32 truncate sm:inline">{name}</span>
      </Button>
    </header>
  );
}

const infoId = "what-this-runs-on";

function InfoButton({ info }: { info: AppInfo }) {
  const failed = info.servers.filter(({ status }) => status === "failed");
  return (
    <>
      <Button kind="quiet" className="min-w-0 max-w-[30vw] px-2 sm:max-w-none" popoverTarget={infoId}>
        {failed.length > 0 ? (
          <CircleAlert className="size-4 shrink-0 text-bad" aria-label="A tool server failed" />
        ) : null}
        <span className="truncate">{info.model?.label ?? info.graphs.join(", ")}</span>
        {info.workspace === null ? null : (
          <span className="hidden max-w-40 truncate font-normal text-muted lg:inline">
            in {info.workspace.split(/[\\/]/).at(-1)}
          </span>
        )}
      </Button>
      <div
        id={infoId}
        popover="auto"
        role="dialog"
        aria-label="What this runs on"
        className="fixed inset-auto top-13 right-2 m-0 w-80 max-w-[96vw] rounded-xl border border-line bg-panel p-4 text-ink text-sm shadow-lg"
      >
        <dl className="grid gap-2">
          <div>
            <dt className="text-muted text-xs">Graphs</dt>
            <dd className="break-words">{info.graphs.join(", ")}</dd>
          </div>
          {info.model === null ? null : (
            <div>
              <dt className="text-muted text-xs">Model</dt>
              <dd>{info.model.label}</dd>
              {info.model.note ? <dd className="text-muted">{info.model.note}</dd> : null}
            </div>
          )}
          {info.workspace === null ? null : (
            <div>
              <dt className="text-muted text-xs">Workspace: all that the file tools may touch</dt>
              <dd className="break-all font-mono text-xs">{info.workspace}</dd>
            </div>
          )}
          <div hidden={info.servers.length === 0}>
            <dt className="text-muted text-xs">Tool servers</dt>
            {info.servers.map((server) => (
              <dd key={server.name} className="break-words">
                <span className={server.status === "failed" ? "text-bad" : "text-ok"}>
                  {server.status === "failed" ? "failed" : "ready"}
                </span>{" "}
                {server.name}
                {server.status === "failed" ? (
                  <span className="block text-bad text-xs">{server.error}</span>
                ) : (
                  <span className="text-muted"> ({server.tools.length} tools)</span>
                )}
              </dd>
            ))}
          </div>
        </dl>
      </div>
    </>
  );
}

function KeysButton() {
  const [isOn, setOn] = useState(areKeysOn);
  const label = isOn ? "Single keys are on" : "Single keys are off";
  return (
    <Button
      kind="quiet"
      className="hidden px-2 [@media(hover:hover)]:inline-flex"
      aria-label={`${label}. Change`}
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

const themes: Record<Theme, { next: Theme; label: string; icon: typeof Sun }> = {
  system: { next: "light", label: "Colours follow the system", icon: Monitor },
  light: { next: "dark", label: "Light colours", icon: Sun },
  dark: { next: "system", label: "Dark colours", icon: Moon },
};

function ThemeButton() {
  const [theme, setTheme] = useState(readTheme);
  useEffect(() => {
    applyTheme(theme);
    return onSystemTheme(() => applyTheme(theme));
  }, [theme]);
  const { next, label, icon: Icon } = themes[theme];
  return (
    <Button
      kind="quiet"
      className="px-2"
      aria-label={`${label}. Change`}
      title={label}
      onClick={() => setTheme(next)}
    >
      <Icon className="size-4" aria-hidden />
    </Button>
  );
}
