import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";

/** Something to say about a line. */
export interface Mark {
  line: number;
  message: string;
}

interface YamlEditorProps {
  text: string;
  onText: (text: string) => void;
  marks: readonly Mark[];
  label: string;
}

const COLOURS = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--busy-ink)" },
  { tag: [tags.string, tags.content], color: "var(--ok-ink)" },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword], color: "var(--warn-ink)" },
  { tag: [tags.comment, tags.meta], color: "var(--mantine-color-dimmed)" },
]);

const LOOK = EditorView.theme({
  "&": {
    backgroundColor: "var(--card)",
    color: "inherit",
    border: "1px solid var(--line)",
    borderRadius: "10px",
    fontSize: "13px",
  },
  "&.cm-focused": { outline: "2px solid var(--mantine-color-pine-5)" },
  ".cm-scroller": {
    fontFamily: "var(--mantine-font-family-monospace)",
    minHeight: "340px",
    maxHeight: "60vh",
    borderRadius: "10px",
  },
  ".cm-gutters": { backgroundColor: "var(--soft)", color: "var(--mantine-color-dimmed)", border: "none" },
  ".cm-content": { caretColor: "currentcolor" },
  ".cm-cursor": { borderLeftColor: "currentcolor" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--soft) 45%, transparent)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--busy) 30%, transparent)",
  },
});

/** A text editor for YAML. Escape and then Tab leaves it. */
export function YamlEditor({ text, onText, marks, label }: YamlEditorProps) {
  const place = useRef<HTMLDivElement>(null);
  const editor = useRef<EditorView | null>(null);
  const report = useRef(onText);
  report.current = onText;

  useEffect(() => {
    if (!place.current) return undefined;
    const view = new EditorView({
      parent: place.current,
      state: stateOf(text, label, (changed) => report.current(changed)),
    });
    editor.current = view;
    return () => view.destroy();
    // The text goes in once; what is typed comes out by `onText`.
  }, [label]);

  useEffect(() => {
    const view = editor.current;
    if (!view) return;
    const known = marks.filter((mark) => mark.line <= view.state.doc.lines);
    const diagnostics = known.map(({ line, message }) => {
      const { from, to } = view.state.doc.line(Math.max(1, line));
      return { from, to, message, severity: "error" as const };
    });
    view.dispatch(
      setDiagnostics(
        view.state,
        diagnostics.sort((a, b) => a.from - b.from),
      ),
    );
  }, [marks]);

  return <div ref={place} />;
}

function stateOf(text: string, label: string, onText: (text: string) => void): EditorState {
  return EditorState.create({
    doc: text,
    extensions: [
      lineNumbers(),
      history(),
      drawSelection(),
      indentOnInput(),
      bracketMatching(),
      highlightActiveLine(),
      highlightSelectionMatches(),
      lintGutter(),
      yaml(),
      syntaxHighlighting(COLOURS),
      LOOK,
      keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap, indentWithTab]),
      EditorView.contentAttributes.of({ "aria-label": label }),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) onText(update.state.doc.toString());
      }),
    ],
  });
}
