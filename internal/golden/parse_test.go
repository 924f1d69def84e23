package golden

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

const head = "# What it shows,\n# in two lines.\n# from: esme\n# carriage: udh\n"

func TestParse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.txt")
	write(t, path, head+"# when: requested\n# number: 257\n\n[in]\n00 01 # two\n# none\n\n0203\n\n[out] # changed\nFF\n")
	got, err := parse(path)
	if err != nil {
		t.Fatal(err)
	}
	want := PDU{
		Name: "a.txt", Shows: "What it shows, in two lines.", From: "esme", When: "requested", Carriage: "udh",
		Number: 257, In: []byte{0, 1, 2, 3}, Out: []byte{0xFF},
	}
	if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestParseDefaults(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.txt")
	write(t, path, head+"# skip: taken\n[in]\n00\n")
	got, err := parse(path)
	if err != nil {
		t.Fatal(err)
	}
	if got.When != "all" || got.Number != 1 || got.Skip != "taken" || got.Out != nil {
		t.Errorf("got %+v, want when all, number 1, skip taken, no out", got)
	}
	if !bytes.Equal(got.Want(), got.In) {
		t.Errorf("want to send %x, want %x", got.Want(), got.In)
	}
}

func TestParseErrors(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"not hex", head + "[in]\n00\n0G\n", `a.txt:7: octets "0G": encoding/hex: invalid byte: U+0047 'G'`},
		{"half an octet", head + "[in]\n00 1 # one\n", `a.txt:6: octets "00 1": encoding/hex: odd length hex string`},
		{"unknown section", head + "[inn]\n00\n", "a.txt:5: unknown section [inn]"},
		{"section twice", head + "[in]\n00\n[in]\n00\n", "a.txt:7: the section comes twice"},
		{"octets in front", head + "00\n", "a.txt:5: octets in front of [in]"},
		{"no section", head, "a.txt: no section [in]"},
		{"empty in", head + "[in]\n[out]\n00\n", "a.txt: no section [in]"},
		{"empty out", head + "[in]\n00\n[out]\n", "a.txt: section [out] is empty"},
		{"unknown carriage", "# carriage: usd\n", `a.txt:1: carriage: "usd" is none of [udh text auto any]`},
		{"unknown skip", "# skip: noroom\n", `a.txt:1: skip: "noroom" is none of`},
		{"number", "# number: 70000\n", "a.txt:1: number: strconv.ParseUint"},
		{"no head", "[in]\n00\n", "a.txt: the head must say"},
		{"skip and out", head + "# skip: taken\n[in]\n00\n[out]\n01\n", "a.txt: skip: taken and a section [out]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.txt")
			write(t, path, tt.text)
			_, err := parse(path)
			if want := filepath.Join(filepath.Dir(path), tt.want); err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("got  %v\nwant %s", err, want)
			}
		})
	}
}

func TestModuleRoot(t *testing.T) {
	if _, err := moduleRoot(string(filepath.Separator)); err == nil {
		t.Error("found a go.mod in the root of the file system")
	}
	root := t.TempDir()
	write(t, filepath.Join(root, "go.mod"), "module x\n")
	deep := filepath.Join(root, "a", "b")
	if err := os.MkdirAll(deep, 0o755); err != nil {
		t.Fatal(err)
	}
	if got, err := moduleRoot(deep); err != nil || got != root {
		t.Errorf("got %s %v, want %s", got, err, root)
	}
}

func TestReadEndsTheTest(t *testing.T) {
	for _, tt := range []struct {
		name, want string
		f          func(t testing.TB)
	}{
		{"no such file", "nothing.txt: no such file", func(t testing.TB) { Read(t, "nothing.txt") }},
		{"no such section", "query_sm.txt has no section [out]", func(t testing.TB) { Bytes(t, "query_sm.txt", "out") }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &stopped{TB: t}
			done := make(chan struct{})
			go func() {
				defer close(done)
				tt.f(s)
			}()
			<-done
			if !strings.Contains(s.why, tt.want) {
				t.Errorf("got %q, want %q", s.why, tt.want)
			}
		})
	}
}

// stopped is a test that is to fail: it keeps why.
type stopped struct {
	testing.TB
	why string
}

func (s *stopped) Fatal(args ...any) {
	s.why = fmt.Sprint(args...)
	runtime.Goexit()
}

func (s *stopped) Fatalf(format string, args ...any) { s.Fatal(fmt.Sprintf(format, args...)) }

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
