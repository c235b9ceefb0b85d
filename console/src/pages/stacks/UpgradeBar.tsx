import { cancelRevision, type Stack, stackHealth, type StackRevision } from "../../domain/stacks";
import type { State } from "../../domain/state";
import { useI18n } from "../../i18n/i18n";
import { Pause, Play, X } from "../../ui/icons";
import { Button } from "../../ui/kit";
import bar from "../workload/RolloutBar.module.css";
import { useStackActions } from "./useStackActions";

interface UpgradeBarProps {
  stack: Stack;
  state: State;
  revisions: readonly StackRevision[];
}

/** A change of the stack under way: which services are done, and the ways to hold it, go on and give it up. */
export function UpgradeBar({ stack, state, revisions }: UpgradeBarProps) {
  const { t, say } = useI18n();
  const actions = useStackActions(stack);
  const isPaused = !!stack.spec.paused;
  if (state.level === "ok" && !isPaused) return null;
  const { ready, desired } = stackHealth(stack);
  return (
    <section className={bar.rollout} aria-label={t("rollout.label")}>
      <div className={bar.words}>
        <span role="status">
          {say(state.what ?? state.word)} {state.said}
        </span>
        <span className={bar.buttons}>
          <Button
            size="xs"
            variant="default"
            leftSection={isPaused ? <Play size={14} /> : <Pause size={14} />}
            onClick={() => void actions.setPaused(!isPaused)}
          >
            {isPaused ? t("action.resume") : t("action.pause")}
          </Button>
          {cancelRevision(stack) !== undefined && (
            <Button
              size="xs"
              variant="default"
              leftSection={<X size={14} />}
              onClick={() => void actions.cancel(revisions)}
            >
              {t("stacks.cancel")}
            </Button>
          )}
        </span>
      </div>
      <div
        className={bar.bar}
        role="progressbar"
        aria-label={t("stacks.progress", { ready, all: desired })}
        aria-valuemin={0}
        aria-valuemax={desired}
        aria-valuenow={ready}
      >
        <span className={bar.ready} style={{ flexGrow: ready }} />
        <span className={bar.starting} style={{ flexGrow: Math.max(0, desired - ready) }} />
      </div>
      <ul className={bar.legend}>
        <li data-part="ready">{t("stacks.progress", { ready, all: desired })}</li>
      </ul>
    </section>
  );
}
