// The questions of a version as a form: grouped, hidden ones left out, what the platform finds at its question.
import { type Answers, isShown, type Question } from "../../domain/catalog";
import { useI18n } from "../../i18n/i18n";
import { Checkbox, NumberInput, PasswordInput, Select, Textarea, TextInput } from "../../ui/kit";
import styles from "./Catalog.module.css";

interface QuestionFormProps {
  questions: readonly Question[];
  answers: Answers;
  onAnswers: (answers: Answers) => void;
  errors: Record<string, string>;
}

export function QuestionForm({ questions, answers, onAnswers, errors }: QuestionFormProps) {
  const { t } = useI18n();
  const groups = [...new Set(questions.map((one) => one.group ?? ""))];
  return groups.map((group) => (
    <fieldset key={group} className={styles.group}>
      <legend>{group || t("catalog.questions")}</legend>
      {questions
        .filter((one) => (one.group ?? "") === group && isShown(one.showIf, answers))
        .map((question) => (
          <QuestionField
            key={question.variable}
            question={question}
            answer={answers[question.variable] ?? ""}
            error={errors[question.variable]}
            onAnswer={(answer) => onAnswers({ ...answers, [question.variable]: answer })}
          />
        ))}
    </fieldset>
  ));
}

interface QuestionFieldProps {
  question: Question;
  answer: string;
  error?: string;
  onAnswer: (answer: string) => void;
}

function QuestionField({ question, answer, error, onAnswer }: QuestionFieldProps) {
  const { type, label, variable, description, required, options = [] } = question;
  const common = { label: label || variable, description, error };
  const typing = { ...common, required, value: answer };
  if (type === "boolean") {
    const isTrue = ["true", "yes", "on", "1"].includes(answer.toLowerCase());
    return (
      <Checkbox {...common} checked={isTrue} onChange={(event) => onAnswer(String(event.currentTarget.checked))} />
    );
  }
  if (type === "enum")
    return (
      <Select
        {...common}
        data={options}
        value={answer}
        allowDeselect={!required}
        onChange={(value) => onAnswer(value ?? "")}
      />
    );
  if (type === "int" || type === "float") {
    const value = answer === "" || !Number.isFinite(Number(answer)) ? answer : Number(answer);
    return (
      <NumberInput
        {...common}
        required={required}
        value={value}
        allowDecimal={type === "float"}
        onChange={(typed) => onAnswer(String(typed))}
      />
    );
  }
  if (type === "password" || type === "masked")
    return (
      <PasswordInput
        {...typing}
        autoComplete="new-password"
        onChange={(event) => onAnswer(event.currentTarget.value)}
      />
    );
  if (type === "multiline")
    return <Textarea {...typing} autosize minRows={3} onChange={(event) => onAnswer(event.currentTarget.value)} />;
  return <TextInput {...typing} onChange={(event) => onAnswer(event.currentTarget.value)} />;
}
