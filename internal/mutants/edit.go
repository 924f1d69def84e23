package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// An edit describes one fault. In a file of edits it looks so, the texts verbatim:
//
//	== ledger-no-lock: two callers get the same number
//	file: relay/ledger.go
//	test: TestNumbersOnce
//	<<<<
//		l.mu.Lock()
//	====
//	>>>>
//
// Behind test, a line "in: relay" names the package of the tests if it is not that of
// the file. More texts of the same file may follow, each between <<<<, ==== and >>>>.
// Between edits there are empty lines, and comments that start with #.
type edit struct {
	at     string // where it stands, as file:line
	id     string
	what   string // one sentence: what the fault is
	file   string // from the root of the module, with slashes
	test   string // regexp of the tests that notice the fault
	in     string // directory of their package, if it is not that of file
	change []replacement
}

// replacement is a text of the file, and what takes its place.
type replacement struct{ old, new string }

// pkg is the directory of the package whose tests notice the fault, as the go command takes it.
func (e edit) pkg() string { return "./" + cmp.Or(e.in, path.Dir(e.file)) }

// readEdits reads the edits of all *.txt files in dir. It names these in relation
// to root.
func readEdits(dir, root string) ([]edit, error) {
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(root, dir)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil {
		return nil, err
	}
	var all []edit
	var wrong []error
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		if rel, err := filepath.Rel(root, name); err == nil {
			name = rel
		}
		edits, err := parseEdits(name, string(text))
		all, wrong = append(all, edits...), append(wrong, err)
	}
	return all, errors.Join(append(wrong, checkUnique(all))...)
}

func checkUnique(edits []edit) error {
	first := map[string]string{}
	var wrong []error
	for _, e := range edits {
		if at, ok := first[e.id]; ok {
			wrong = append(wrong, fmt.Errorf("%s: id %s is taken: %s", e.at, e.id, at))
			continue
		}
		first[e.id] = e.at
	}
	return errors.Join(wrong...)
}

// parseEdits parses the text of a file of edits. The error says what is wrong with
// the first edit that is not well-formed, and in which line.
func parseEdits(name, text string) ([]edit, error) {
	p := &reader{name: name, lines: strings.Split(strings.TrimSuffix(text, "\n"), "\n")}
	var edits []edit
	for p.skip(); p.err == nil && p.more(); p.skip() {
		edits = append(edits, p.edit())
	}
	if p.err != nil {
		return nil, p.err
	}
	return edits, nil
}

// reader reads line by line and keeps its first error.
type reader struct {
	name  string
	lines []string
	next  int
	err   error
}

var headline = regexp.MustCompile(`^== ([a-z0-9]+(?:-[a-z0-9]+)*): (\S.*)$`)

func (p *reader) edit() edit {
	e := edit{at: p.at()}
	if m := headline.FindStringSubmatch(p.line()); m != nil {
		e.id, e.what = m[1], m[2]
	} else {
		p.fail(e.at, `want "== id-with-dashes: what the fault is"`)
	}
	at := p.at()
	e.file = p.field("file: ")
	if strings.HasSuffix(e.file, "_test.go") || !strings.HasSuffix(e.file, ".go") || !filepath.IsLocal(e.file) {
		p.fail(at, "%q is not a Go file of the module, or it is a test", e.file)
	}
	at = p.at()
	e.test = p.field("test: ")
	if _, err := regexp.Compile(e.test); err != nil {
		p.fail(at, "%v", err)
	}
	if p.more() && strings.HasPrefix(p.lines[p.next], "in: ") {
		at = p.at()
		if e.in = p.field("in: "); !filepath.IsLocal(e.in) || e.in == path.Dir(e.file) {
			p.fail(at, "%q is not another package of the module", e.in)
		}
	}
	for more := true; more; more = p.err == nil && p.more() && p.lines[p.next] == "<<<<" {
		e.change = append(e.change, p.replacement())
	}
	return e
}

func (p *reader) replacement() replacement {
	at := p.at()
	if p.line() != "<<<<" {
		p.fail(at, `want "<<<<"`)
	}
	r := replacement{old: p.until("===="), new: p.until(">>>>")}
	switch r.old {
	case "":
		p.fail(at, "there is no old text")
	case r.new:
		p.fail(at, "the new text is the old one")
	}
	return r
}

// field returns the rest of the next line, which starts with key.
func (p *reader) field(key string) string {
	at := p.at()
	v, ok := strings.CutPrefix(p.line(), key)
	if v = strings.TrimSpace(v); !ok || v == "" {
		p.fail(at, "want %q and a value", key)
	}
	return v
}

// until returns the lines before the line end.
func (p *reader) until(end string) string {
	at, first := p.at(), p.next
	for p.more() {
		if p.line() == end {
			return strings.Join(p.lines[first:p.next-1], "\n")
		}
	}
	p.fail(at, "the text has no end: want %q", end)
	return ""
}

// skip goes past comments and empty lines.
func (p *reader) skip() {
	for p.more() && (strings.TrimSpace(p.lines[p.next]) == "" || strings.HasPrefix(p.lines[p.next], "#")) {
		p.next++
	}
}

func (p *reader) more() bool { return p.next < len(p.lines) }

// line returns the next line; at the end it is empty.
func (p *reader) line() string {
	if !p.more() {
		return ""
	}
	p.next++
	return p.lines[p.next-1]
}

// at is where the next line is.
func (p *reader) at() string { return fmt.Sprintf("%s:%d", p.name, p.next+1) }

func (p *reader) fail(at, format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf("%s: %s", at, fmt.Sprintf(format, args...))
	}
}
