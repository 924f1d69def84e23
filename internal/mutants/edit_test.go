package main

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// wellFormed is a file of two edits. The tests break one line each.
const wellFormed = `# a comment

== no-lock: two callers get the same number
file: relay/ledger.go
test: TestA|TestB
<<<<
	l.mu.Lock()
	n++
====
	n++
>>>>
<<<<
	l.mu.Unlock()
====
>>>>

== off-by-one: one too many
file: udh.go
test: TestC
in: relay
<<<<
n < 9 {
====
n <= 9 {
>>>>
`

func TestParseEdits(t *testing.T) {
	got, err := parseEdits("a.txt", wellFormed)
	if err != nil {
		t.Fatal(err)
	}
	want := []edit{
		{
			"a.txt:3", "no-lock", "two callers get the same number", "relay/ledger.go", "TestA|TestB", "",
			[]replacement{{"\tl.mu.Lock()\n\tn++", "\tn++"}, {"\tl.mu.Unlock()", ""}},
		},
		{"a.txt:17", "off-by-one", "one too many", "udh.go", "TestC", "relay", []replacement{{"n < 9 {", "n <= 9 {"}}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if got, want := want[0].pkg(), "./relay"; got != want {
		t.Errorf("package: got %s, want %s", got, want)
	}
	if got, want := want[1].pkg(), "./relay"; got != want {
		t.Errorf("package: got %s, want %s", got, want)
	}
	if got, want := (edit{file: "udh.go"}).pkg(), "./."; got != want {
		t.Errorf("package: got %s, want %s", got, want)
	}
}

func TestParseEditsWrong(t *testing.T) {
	tests := []struct {
		name, old, new string
		want           string // of the error
	}{
		{"no id", "== no-lock: two", "== : two", `a.txt:3: want "== id-with-dashes: what the fault is"`},
		{"id with spaces", "== no-lock:", "== no lock:", "a.txt:3: want"},
		{"id with capitals", "== no-lock:", "== No-Lock:", "a.txt:3: want"},
		{"no sentence", "== no-lock: two callers get the same number", "== no-lock:", "a.txt:3: want"},
		{"no file", "file: relay/ledger.go\n", "", `a.txt:4: want "file: " and a value`},
		{"empty file", "file: relay/ledger.go", "file: ", `a.txt:4: want "file: " and a value`},
		{"file that is a test", "relay/ledger.go", "relay/ledger_test.go", "a.txt:4: \"relay/ledger_test.go\" is not"},
		{"file that is not Go", "relay/ledger.go", "relay/ledger.txt", "a.txt:4: \"relay/ledger.txt\" is not"},
		{"file elsewhere", "relay/ledger.go", "../ledger.go", "a.txt:4: \"../ledger.go\" is not"},
		{"no test", "test: TestA|TestB\n", "", `a.txt:5: want "test: " and a value`},
		{"test that is no regexp", "TestA|TestB", "TestA(", "a.txt:5: error parsing regexp"},
		{"no texts", "in: relay\n<<<<\n", "in: relay\n", `a.txt:21: want "<<<<"`},
		{"its own package", "in: relay", "in: .", "a.txt:20: \".\" is not another package"},
		{"package elsewhere", "in: relay", "in: ../relay", "a.txt:20: \"../relay\" is not another package"},
		{"no old text", "n < 9 {\n", "", "a.txt:21: there is no old text"},
		{"the old text as new", "n <= 9", "n < 9", "a.txt:21: the new text is the old one"},
		{"no middle", "n < 9 {\n====", "n < 9 {", `a.txt:22: the text has no end: want "===="`},
		{"no end", "n <= 9 {\n>>>>\n", "n <= 9 {\n", `a.txt:24: the text has no end: want ">>>>"`},
		{"text between edits", ">>>>\n\n==", ">>>>\n\nhm\n==", "a.txt:17: want"},
		{"cut in the head", wellFormed[strings.Index(wellFormed, "file: udh"):], "", `a.txt:18: want "file: "`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := strings.Replace(wellFormed, tt.old, tt.new, 1)
			if text == wellFormed {
				t.Fatalf("nothing is changed: %q", tt.old)
			}
			edits, err := parseEdits("a.txt", text)
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("got %d edits, error %v; want error %q", len(edits), err, tt.want)
			}
		})
	}
}

func TestReadEdits(t *testing.T) {
	root := t.TempDir()
	writeFiles(t, root, map[string]string{
		"edits/a.txt":    wellFormed,
		"edits/b.txt":    strings.ReplaceAll(wellFormed, "off-by-one", "off-by-two"),
		"edits/c.txt":    strings.ReplaceAll(wellFormed, "off-by-one", "off-by-three"),
		"edits/read.me":  "no edit",
		"edits/d/in.txt": "no edit",
	})
	edits, err := readEdits("edits", root)
	want := "edits/b.txt:3: id no-lock is taken: edits/a.txt:3\nedits/c.txt:3: id no-lock is taken: edits/a.txt:3"
	if err == nil || filepath.ToSlash(err.Error()) != want {
		t.Errorf("got error %v, want %s", err, want)
	}
	if got, want := len(edits), 6; got != want {
		t.Errorf("got %d edits, want %d", got, want)
	}
	writeFiles(t, root, map[string]string{"edits/a.txt": "hm", "edits/b.txt": "hm"})
	_, err = readEdits("edits", root)
	for _, want := range []string{"a.txt:1: want", "b.txt:1: want"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want %q in it", err, want)
		}
	}
}

// TestEdits holds the edits to the code: whoever changes the code under an edit
// changes the edit, too.
func TestEdits(t *testing.T) {
	faults, err := selectFaults(options{root: "../..", edits: editsDir})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d faults", len(faults))
	tests := make(map[string][]string) // by package
	for _, f := range faults {
		pkg := f.pkg()
		if tests[pkg] == nil {
			tests[pkg] = testsIn(t, filepath.Join("../..", pkg))
		}
		for _, name := range strings.Split(f.test, "|") {
			if !slices.ContainsFunc(tests[pkg], regexp.MustCompile(name).MatchString) {
				t.Errorf("%s: %s: %s has no test that matches %s", f.at, f.id, pkg, name)
			}
		}
	}
}

var testFunc = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Example)\w+)\(`)

// testsIn returns the names of the tests in a directory.
func testsIn(t *testing.T, dir string) (all []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range testFunc.FindAllSubmatch(text, -1) {
			all = append(all, string(m[1]))
		}
	}
	return all
}

func writeFiles(t *testing.T, root string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		name = filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
