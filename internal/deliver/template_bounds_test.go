package deliver

import (
	"errors"
	"strings"
	"testing"
)

// A template that could take long, or much memory, is refused before it is executed once.
func TestTemplateBounds(t *testing.T) {
	for text, want := range map[string]error{
		"{{.Receiver}} has {{.State}} message {{.Number}}":                        nil,
		`{{/* note */}}{{if eq .State "read"}}read{{else if .Reference}}x{{end}}`: nil,
		`{{with .MessageID}}{{.}}{{end}} {{printf "%05d" .Number}}`:               nil,
		`{{$n := .Number}}{{if and (gt $n 7) (not .Reference)}}{{$n}}{{end}}`:     nil,
		`{{.State | len}} {{slice .ReadAt 0 10}} {{(.State)}}`:                    nil,
		"{{range 9000000000}}{{end}}":                                             errLoop,
		"{{if .State}}{{range $i := 9000000000}}{{end}}{{end}}":                   errLoop,
		"{{with .State}}x{{else}}{{range .State}}{{end}}{{end}}":                  errLoop,
		`{{define "a"}}x{{end}}{{template "a"}}`:                                  errLoop,
		`{{block "a" .}}x{{end}}`:                                                 errLoop,
		`{{printf "%[1]s%[1]s" (printf "%[1]s%[1]s" .State)}}`:                    errNested,
		`{{printf "%[1]s%[1]s" .State | printf "%[1]s%[1]s"}}`:                    errNested,
		`{{$x := print .State}}{{print $x $x}}`:                                   errNested,
		`{{js (slice (js .State) 1)}}`:                                            errNested,
		`{{if print (or (print "a" "b") .State)}}{{end}}`:                         errNested,
		`{{(print .State).X}}`:                                                    errArg,
		`{{or "a" print}}`:                                                        errArg,
		"{{.State}}" + strings.Repeat("x", maxTemplate):                           errLong,
	} {
		if _, err := ParseTemplate(text); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", text, err, want)
		}
	}
	for _, text := range []string{`{{call .State}}`, `{{print`} {
		if _, err := ParseTemplate(text); err == nil {
			t.Errorf("%s: want an error", text)
		}
	}
}
