package scenario

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
)

// TestBad compares the errors of each bad file with the comments at its end.
func TestBad(t *testing.T) {
	files, err := filepath.Glob("testdata/bad_*.yaml")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for line := range strings.Lines(string(b)) {
				if w, ok := strings.CutPrefix(strings.TrimSpace(line), "# want: "); ok {
					want = append(want, file+":"+w)
				}
			}
			_, err = Load(file)
			if err == nil || err.Error() != strings.Join(want, "\n") {
				t.Errorf("got\n%v\nwant\n%s", err, strings.Join(want, "\n"))
			}
		})
	}
}

func TestMissingFile(t *testing.T) {
	var errs Errors
	if _, err := Load("testdata/none.yaml"); !errors.As(err, &errs) || !strings.HasPrefix(err.Error(), "testdata/none.yaml: ") {
		t.Errorf("got %v, want the name of the file", err)
	}
}

func TestEmpty(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "rules:\n"} {
		s, err := Parse("empty.yaml", []byte(text))
		if text == "rules:\n" {
			if err == nil {
				t.Error("rules without a list are accepted")
			}
			continue
		}
		if err != nil || len(s.Rules) != 0 {
			t.Errorf("%q: got %+v, %v, want no rules", text, s, err)
		}
	}
}

func TestPattern(t *testing.T) {
	for _, tt := range []struct {
		pattern Pattern
		text    string
		want    bool
	}{
		{"", "anything", true},
		{"bank", "bank", true},
		{"bank", "banks", false},
		{"bank", "ban", false},
		{"*", "", true},
		{"?", "", false},
		{"44?0", "4470", true},
		{"*0101", "447700900101", true},
		{"*0101", "01010", false},
		{"*code*", "Your code is 1", true},
		{"a*b*c", "axxbxbxc", true},
		{"a*b*c", "axxbxbx", false},
		{"*å?", "på!", true},
		{"*ab", "aab", true},
	} {
		if got := tt.pattern.Matches(tt.text); got != tt.want {
			t.Errorf("%q matches %q: %t, want %t", tt.pattern, tt.text, got, tt.want)
		}
	}
}

func TestPatternOfNumbers(t *testing.T) {
	for _, tt := range []struct {
		pattern Pattern
		addr    string
		want    bool
	}{
		{"", "447700900120", true},
		{"447700900120", "447700900120", true},
		{"447700900120", "+447700900120", true},
		{"447700900120", "00447700900120", true},
		{"+447700900120", "447700900120", true},
		{"+447700900120", "00447700900120", true},
		{"0044*", "+447700900120", true},
		{"*0120", "+447700900120", true},
		{"+12025550120", "447700900120", false},
		{"+", "447700900120", false},
		{"Bank", "Bank", true},
	} {
		if got := tt.pattern.MatchesNumber(tt.addr); got != tt.want {
			t.Errorf("%q matches the number %q: %t, want %t", tt.pattern, tt.addr, got, tt.want)
		}
	}
	s, err := Parse("numbers.yaml", []byte(`rules: [{receiver: "+447700900120", sender: "0012025550101", status: 8}]`))
	if err != nil {
		t.Fatal(err)
	}
	m := simulator.ShortMessage{From: simulator.Number("12025550101"), To: simulator.Number("00447700900120")}
	if r, _ := s.Start(1).React("bank", m.Append(nil, pdu.SubmitSMID, 2)); r.Status != 8 {
		t.Errorf("the rule does not decide: %+v", r)
	}
}

func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/*.yaml", "../../../docs/simulator-scenario.yaml"} {
		files, _ := filepath.Glob(pattern)
		for _, file := range files {
			if b, err := os.ReadFile(file); err == nil {
				f.Add(b)
			}
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Parse("fuzz.yaml", b)
		if (s == nil) != (err != nil) || err != nil && err.Error() == "" {
			t.Errorf("got %+v, %v", s, err)
		}
	})
}
