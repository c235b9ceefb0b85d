// Every option of `docker run` as a form; a command, a Compose service or YAML fills it, and it says each of them again.
import { useState } from "react";
import { useNamespace } from "../../app/namespace";
import { EMPTY_RUN, type RunForm, type RunText, TOPICS, type Topic, topicOf } from "../../domain/runOptions";
import { useI18n } from "../../i18n/i18n";
import { Button, Group, Stack, Text } from "../../ui/kit";
import { Notice } from "../../ui/Notice";
import styles from "./AppFormPanel.module.css";
import { PasteBox } from "./PasteBox";
import { RunBasics } from "./RunBasics";
import { RunTexts } from "./RunTexts";
import { TopicFields } from "./TopicFields";
import { TopicList } from "./TopicList";
import { useConversion } from "./useConversion";
import { useRunSubmit } from "./useRunSubmit";

export function RunPanel() {
  const { t } = useI18n();
  const [chosen] = useNamespace();
  const [form, setForm] = useState<RunForm>(EMPTY_RUN);
  const [place, setPlace] = useState({ namespace: chosen || "default", replicas: 1 });
  const [topic, setTopic] = useState<Topic>("general");
  const [shown, setShown] = useState<RunText>("docker-run");
  const conversion = useConversion(form, place);
  const { submit, refusals, isSending } = useRunSubmit(form, place);
  const all = { ...conversion.refusals, ...refusals };
  const other = all[""] ?? Object.entries(all).find(([name]) => name !== "image" && !topicOf(name))?.[1];
  const marked = new Set(Object.keys(all).flatMap((name) => topicOf(name) ?? []));
  return (
    <div className={styles.panel}>
      <Stack>
        <Text c="dimmed" size="sm">
          {t("run.lead")}
        </Text>
        <PasteBox place={place} onForm={setForm} />
        <RunBasics form={form} onForm={setForm} place={place} onPlace={setPlace} refusal={all.image} />
        <div className={styles.topics}>
          <TopicList
            topics={Object.keys(TOPICS) as Topic[]}
            chosen={topic}
            onChoose={setTopic}
            form={form}
            marked={marked}
          />
          <TopicFields topic={topic} form={form} onForm={setForm} refusals={all} />
        </div>
      </Stack>
      <RunTexts texts={conversion.texts} shown={shown} onShow={setShown}>
        {other && (
          <Notice level="bad" role="alert">
            {other}
          </Notice>
        )}
        <Group>
          <Button loading={isSending} disabled={!conversion.isReady} onClick={() => void submit()}>
            {t("create.submit")}
          </Button>
        </Group>
      </RunTexts>
    </div>
  );
}
