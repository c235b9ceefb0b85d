import { Navigate, useParams } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { signIn } from "../../api/session";
import { LanguageMenu, ThemeMenu } from "../../app/menus";
import { useSession } from "../../app/session";
import bell from "../../bell.svg";
import { useI18n } from "../../i18n/i18n";
import { useActing } from "../../ui/Actions";
import { Button, Code, Group, Loader } from "../../ui/kit";
import { Notice } from "../../ui/Notice";
import styles from "./SignInPage.module.css";

/** Changes the code of a sign-in link into a session; without one, tells how to get a link. */
export function SignInPage() {
  const { t } = useI18n();
  const { code = "" } = useParams({ strict: false });
  const { user, refresh } = useSession();
  const { isOver, refusal } = useRedeemed(code, refresh);
  // Whoever is signed in already has what an old link was for.
  if (user && isOver) return <Navigate to="/" replace />;
  const isWaiting = user === undefined || !isOver;
  return (
    <main className={styles.page}>
      <title>{`${t("signIn.title")} · Bouvier`}</title>
      <div className={styles.card}>
        <img src={bell} alt="" width={64} height={64} />
        <h1 className={styles.title}>{t("signIn.title")}</h1>
        {isWaiting ? <Loader aria-label={t("signIn.waiting")} /> : <Explanation refusal={refusal} />}
      </div>
      <Group justify="center">
        <ThemeMenu />
        <LanguageMenu />
      </Group>
    </main>
  );
}

function Explanation({ refusal }: { refusal: string }) {
  const { t } = useI18n();
  return (
    <div className={styles.text}>
      {refusal && (
        <Notice level="bad" role="alert">
          {refusal}
        </Notice>
      )}
      <p>{t("signIn.lead")}</p>
      <Code block>bouvier status</Code>
      <p>{t("signIn.open")}</p>
      <p>{t("signIn.notRunning")}</p>
      <Code block>bouvier up --detach</Code>
      <p className={styles.small}>{t("signIn.once")}</p>
      {refusal && (
        <Button fullWidth variant="default" onClick={() => location.reload()}>
          {t("signIn.again")}
        </Button>
      )}
    </div>
  );
}

/** Redeem the code, if there is one; tell when that is over, and why it was refused if it was. */
function useRedeemed(code: string, refresh: () => Promise<void>): { isOver: boolean; refusal: string } {
  const { explain } = useActing();
  const [outcome, setOutcome] = useState({ isOver: !code, refusal: "" });
  useEffect(() => {
    if (!code) return;
    signIn(code)
      .then(refresh)
      .then(
        () => setOutcome({ isOver: true, refusal: "" }),
        (error: unknown) => setOutcome({ isOver: true, refusal: explain(error) }),
      );
  }, [code, refresh, explain]);
  return outcome;
}
