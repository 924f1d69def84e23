package setting

import (
	"errors"
	"strings"
	"time"
	"unicode/utf8"
)

// Problem says what is wrong with a value, and how to fix it, which may be empty. A value
// that parses itself (encoding.TextUnmarshaler) may return one as its error.
type Problem struct{ What, Hint string }

// Wrong returns a Problem.
func Wrong(what, hint string) *Problem { return &Problem{what, hint} }

// Error returns both in one line.
func (p *Problem) Error() string {
	if p.Hint == "" {
		return p.What
	}
	return p.What + " (hint: " + p.Hint + ")"
}

// problemOf returns the problem that the error of a value that parses itself means.
func problemOf(err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	return &Problem{What: err.Error()}
}

// KindOf names the type that YAML has given a value.
func KindOf(v any) string {
	switch v.(type) {
	case nil:
		return "no value"
	case string:
		return "text"
	case bool:
		return "true or false"
	case int, uint64, int64:
		return "a whole number"
	case float64:
		return "a number with a fraction"
	case []any:
		return "a list"
	case map[string]any:
		return "a mapping"
	case time.Time:
		return "a date"
	}
	return "something else"
}

// either lists words as in a sentence: a, b or c.
func either(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// Shorten shortens a key or value for printing.
func Shorten(s string) string {
	const most = 60
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}
