package main

import (
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
)

// A fault is an edit with the file that it makes.
type fault struct {
	edit
	text string
}

// applyAll applies each of the edits to its file under root. The error lists all
// that do not apply.
func applyAll(root string, edits []edit) ([]fault, error) {
	var all []fault
	var wrong []error
	for _, e := range edits {
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(e.file)))
		if err == nil {
			var changed string
			changed, err = apply(e, string(text))
			all = append(all, fault{e, changed})
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %s: %w", e.at, e.id, err))
		}
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, err
	}
	return all, nil
}

// apply returns text with the changes of e. Each old text must occur exactly once,
// and the result must be Go.
func apply(e edit, text string) (string, error) {
	for _, c := range e.change {
		if n := strings.Count(text, c.old); n != 1 {
			return "", fmt.Errorf("%s has this text %d times, want once:\n%s", e.file, n, c.old)
		}
		text = strings.Replace(text, c.old, c.new, 1)
	}
	if _, err := parser.ParseFile(token.NewFileSet(), e.file, text, parser.SkipObjectResolution); err != nil {
		return "", fmt.Errorf("with the change it is not Go: %w", err)
	}
	return text, nil
}
