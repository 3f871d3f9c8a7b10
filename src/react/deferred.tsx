import { type ComponentType, type ReactNode, useEffect, useState } from "react";

const retryMs = 2_000;

export type DeferredComponent<Props> = ComponentType<Props> & {
  /** Fetches it before it is needed. */
  preload(): void;
};

/**
 * A component whose code is fetched when it is first shown, so that the first load stays small. Once it is here
 * it renders at once; a fetch that fails is tried again, as long as it is shown.
 *
 * @param fallback - What is shown until then.
 */
export function deferred<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  fallback: (props: Props) => ReactNode = () => null,
): DeferredComponent<Props> {
  let Loaded: ComponentType<Props> | undefined;
  let loading: Promise<void> | undefined;
  const fetchOnce = () => {
    loading ??= load().then(
      (component) => {
        Loaded = component;
      },
      (error: unknown) => {
        loading = undefined;
        throw error;
      },
    );
    return loading;
  };

  // biome-ignore lint/correctness/noComponentHookFactories: called once for each component, when its module loads
  function Deferred(props: Props): ReactNode {
    const [isHere, setHere] = useState(Loaded !== undefined);
    useEffect(() => {
      if (isHere) return;
      let timer: number | undefined;
      let isGone = false;
      const attempt = () => {
        fetchOnce().then(
          () => !isGone && setHere(true),
          () => {
            if (!isGone) timer = window.setTimeout(attempt, retryMs);
          },
        );
      };
      attempt();
      return () => {
        isGone = true;
        window.clearTimeout(timer);
      };
    }, [isHere]);
    return Loaded === undefined ? fallback(props) : <Loaded {...props} />;
  }
  Deferred.preload = () => void fetchOnce().catch(() => {}); // tried again when it is shown
  return Deferred;
}
