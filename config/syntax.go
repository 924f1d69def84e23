package config

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
)

var (
	yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)
	// grammar matches the errors whose line the library counts from 0.
	grammar = regexp.MustCompile(`^did not find expected (key|node content|'-'|','|<)`)
	// conflict matches what a version control system leaves of two versions.
	conflict = regexp.MustCompile(`(?m)^(<<<<<<<|=======|>>>>>>>)`)
)

// syntaxHints say what to do, by what the library says.
var syntaxHints = []struct{ said, hint string }{
	{"found unexpected end of stream", "close the quote that begins here"},
	{"did not find expected ',' or '}'", "a comma before this line, or the } that ends the braces"},
	{"did not find expected ',' or ']'", "a comma before this line, or the ] that ends the list"},
	{"did not find expected key", "indent the keys of a section alike"},
	{"mapping values are not allowed", "put a value with a colon in quotes, and indent the keys of a section alike"},
	{"found character that cannot start any token", "put the value in quotes"},
	{"unknown anchor", "put a value that begins with * in quotes"},
}

// syntax adds the error of the library about data that is not YAML.
func (d *document) syntax(data []byte, err error) {
	m := yamlLine.FindStringSubmatch(err.Error())
	line, text := 0, err.Error()
	if m != nil {
		line, _ = strconv.Atoi(m[1])
		text = strings.TrimPrefix(text, m[0])
	}
	if grammar.MatchString(text) {
		line++
	}
	d.errs = append(d.errs, &Error{File: d.file, Line: line, Problem: "not YAML: " + text, Hint: syntaxHint(data, line, text)})
}

// syntaxHint says what to do about an error in a line, from 1.
func syntaxHint(data []byte, line int, text string) string {
	if conflict.Match(data) {
		return "choose between the two versions at the lines with <<<<<<<, ======= and >>>>>>>"
	}
	if lines := bytes.Split(data, []byte("\n")); line > 0 && line <= len(lines) {
		whole := lines[line-1]
		if indent := whole[:len(whole)-len(bytes.TrimLeft(whole, " \t"))]; bytes.ContainsRune(indent, '\t') {
			return "indent with spaces, not with tabs"
		}
	}
	for _, h := range syntaxHints {
		if strings.Contains(text, h.said) {
			return h.hint
		}
	}
	return "readback check --sample prints a file that is right"
}
