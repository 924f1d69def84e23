package yamlfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

var (
	yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)
	// grammar matches the errors whose line the library counts from 0.
	grammar = regexp.MustCompile(`^did not find expected (key|node content|'-'|','|<)`)
	// misplaced matches the errors for which the library has no line, or that of the mapping or list in which they are.
	misplaced = regexp.MustCompile(`^(did not find expected (key|'-')|unknown anchor|exceeded max depth)`)
	// conflict matches what a version control system leaves of two versions.
	conflict = regexp.MustCompile(`(?m)^(<<<<<<<|=======|>>>>>>>)`)
)

// syntaxHints say what to do, by what the library says.
var syntaxHints = []struct{ said, hint string }{
	{"found unexpected end of stream", "close the quote that begins here"},
	{"did not find expected ',' or '}'", "a comma before this line, or the } that ends the braces"},
	{"did not find expected ',' or ']'", "a comma before this line, or the ] that ends the list"},
	{"did not find expected key", "indent the keys of a section alike"},
	{"did not find expected '-'", "indent the items of a list alike"},
	{"did not find expected node content", "a value, or the ] or } that is missing"},
	{"mapping values are not allowed", "put a value with a colon in quotes, and indent the keys of a section alike"},
	{"found character that cannot start any token", "put the value in quotes"},
	{"unknown anchor", "put a value that begins with * in quotes"},
	{"could not find expected ':'", "a colon after the key, or indent a text that goes on"},
	{"exceeded max depth", "close each [ and {"},
}

// syntaxError is what the library says about data that is not YAML, and the line, from 1.
type syntaxError struct {
	line int
	text string
}

func newSyntaxError(data []byte, err error) syntaxError {
	s := syntaxError{text: err.Error()}
	if m := yamlLine.FindStringSubmatch(s.text); m != nil {
		s.line, _ = strconv.Atoi(m[1])
		s.text = strings.TrimPrefix(s.text, m[0])
	}
	switch last := bytes.Count(data, []byte("\n")); {
	case misplaced.MatchString(s.text) && len(data) <= maxSearched:
		s.line = s.search(data)
	case grammar.MatchString(s.text), s.line == 0:
		s.line++
	case s.isEnd() && s.line >= last && isOpen(firstLine(data)):
		s.line = 1 // the library takes the first line for none
	}
	return s
}

// maxSearched is the largest file in which a line is searched for, which parses the file some twenty times.
const maxSearched = 1 << 20

func (s syntaxError) isEnd() bool { return strings.Contains(s.text, "unexpected end of stream") }

// search returns the first line at which the library says the same. What follows is no matter to it.
func (s syntaxError) search(data []byte) int {
	lines := bytes.SplitAfter(data, []byte("\n"))
	ends := make([]int, len(lines))
	for i, end := 0, 0; i < len(lines); i++ {
		end += len(lines[i])
		ends[i] = end
	}
	return 1 + sort.Search(len(lines)-1, func(i int) bool {
		return strings.HasSuffix(said(data[:ends[i]]), s.text)
	})
}

// said returns what the library says about data; nothing if it is YAML.
func said(data []byte) string {
	for dec := yaml.NewDecoder(bytes.NewReader(data)); ; {
		var n yaml.Node
		if err := dec.Decode(&n); errors.Is(err, io.EOF) {
			return ""
		} else if err != nil {
			return err.Error()
		}
	}
}

// hint says what to do; nothing if the caller knows as well.
func (s syntaxError) hint(data []byte) string {
	if conflict.Match(data) {
		return "choose between the two versions at the lines with <<<<<<<, ======= and >>>>>>>"
	}
	lines := bytes.Split(data, []byte("\n"))
	if s.line > 0 && s.line <= len(lines) {
		whole := lines[s.line-1]
		if indent := whole[:len(whole)-len(bytes.TrimLeft(whole, " \t"))]; bytes.ContainsRune(indent, '\t') {
			return "indent with spaces, not with tabs"
		}
	}
	for _, h := range syntaxHints {
		if strings.Contains(s.text, h.said) {
			return h.hint + s.quote(lines)
		}
	}
	return ""
}

// quote adds the quote that may be missing at the end of an earlier line. Everything up to the next quote is text
// then, and the error is where that ends.
func (s syntaxError) quote(lines [][]byte) string {
	for i := range min(s.line, len(lines)) {
		if !s.isEnd() && isOpen(lines[i]) {
			return fmt.Sprintf("; or the quote that is missing on line %d", i+1)
		}
	}
	return ""
}

// isOpen reports whether a line has a double quote without its second. It does not know comments and escapes.
func isOpen(line []byte) bool {
	return bytes.Count(line, []byte(`"`))%2 == 1 && !bytes.HasPrefix(bytes.TrimSpace(line), []byte("#"))
}

func firstLine(data []byte) []byte {
	line, _, _ := bytes.Cut(data, []byte("\n"))
	return line
}

// findBinary returns the line of the first octet that is no text. Text in UTF-16 has a mark, and is left to the
// library.
func findBinary(data []byte) (line int, ok bool) {
	if bytes.HasPrefix(data, []byte("\xFE\xFF")) || bytes.HasPrefix(data, []byte("\xFF\xFE")) {
		return 0, false
	}
	for at := 0; at < len(data); {
		r, size := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && size == 1 || unicode.IsControl(r) && !strings.ContainsRune("\t\n\r\u0085", r) {
			return 1 + bytes.Count(data[:at], []byte("\n")), true
		}
		at += size
	}
	return 0, false
}
