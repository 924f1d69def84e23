// Package journaltest has octets and values for the tests of the journal and of what reads it.
package journaltest

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"readback/relay/journal"
)

// Golden reads the sections of testdata/format/pattern: lines of octets, with a comment
// behind #. 69*64 stands for 64 octets 69.
func Golden(t testing.TB, pattern string) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root(t), "testdata", "format", pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files %s: %v", pattern, err)
	}
	sections, name := make(map[string][]byte), ""
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			line, _, _ = strings.Cut(line, "#")
			if line = strings.TrimSpace(line); strings.HasPrefix(line, "[") {
				name = strings.Trim(line, "[]")
				if sections[name] != nil {
					t.Fatalf("%s: section [%s] comes twice", file, name)
				}
				continue
			}
			for _, token := range strings.Fields(line) {
				sections[name] = append(sections[name], Octets(t, token)...)
			}
		}
	}
	return sections
}

// root returns the directory of the module, which is above that of every test.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod above the test")
		}
		dir = up
	}
}

// Octets reads one octet, or a run of the same.
func Octets(t testing.TB, token string) []byte {
	t.Helper()
	octet, times, many := strings.Cut(token, "*")
	b, err := hex.DecodeString(octet)
	n := 1
	if err == nil && many {
		n, err = strconv.Atoi(times)
	}
	if err != nil {
		t.Fatalf("octets %q: %v", token, err)
	}
	return bytes.Repeat(b, n)
}

// Many returns s n times over.
func Many(s string, n int) []byte { return bytes.Repeat([]byte(s), n) }

// HexDiff shows octets from a little before the first that differ.
func HexDiff(got, want []byte) string {
	at := 0
	for at < len(got) && at < len(want) && got[at] == want[at] {
		at++
	}
	from := max(0, at-8)
	return "from octet " + strconv.Itoa(from) + ":\ngot  " + hex.EncodeToString(got[min(from, len(got)):]) +
		"\nwant " + hex.EncodeToString(want[min(from, len(want)):])
}

// OnlyRecord reads a batch of one record that has no checksum yet.
func OnlyRecord(batch []byte) (rec journal.Record, err error) {
	r, err := journal.ParseBatch(journal.Seal(bytes.Clone(batch)))
	if err != nil {
		return rec, err
	}
	if r.Next(&rec) && r.Off < len(r.B) {
		r.Fail("end", "more octets follow")
	}
	return rec, r.Err
}
