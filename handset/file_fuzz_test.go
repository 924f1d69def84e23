package handset

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// loaded is what a file keeps, as JSON, and how many.
func loaded(t *testing.T, s *File) (text string, n int) {
	t.Helper()
	all, err := s.Load()
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(b), len(all)
}

// FuzzFile damages a file between two whole lines and behind them. Whatever stands there, the
// file opens and has what was whole; rewritten it has the same; and what is added then comes
// back.
func FuzzFile(f *testing.F) {
	f.Add([]byte(`{"add":{"receiver":"447700900101","number":1,"status":1,"id":"x"}}`), []byte(""))
	f.Add([]byte(`{"add":{"receiver":"44","read_at":"2026-11-23T08:30:00+01:00","id":"x"}}`+"\n"+`{"remove":["x"]}`), []byte(`{"add":{"receiver":"447`))
	f.Add([]byte(`{"remove":["y"],"add":{"id":"y"}}`+"\n{}\nnull\n\n"), []byte("\x00\x00\x00\x00\n\x00"))
	f.Add([]byte(`{"add":{"number":70000,"id":"x"}}`), []byte(`{"add":null,"remove":null}`+"\n[]"))
	f.Add([]byte(`{"add":{"id":"é\ud800","proof":"<&>"}}`), []byte(`{"ADD":{"ID":"z"}}`+"\r\n"))
	f.Fuzz(func(t *testing.T, between, behind []byte) {
		path := filepath.Join(t.TempDir(), "reads")
		whole := func(id string) string {
			return `{"add":{"receiver":"1","number":1,"status":1,"id":"` + id + `"}}` + "\n"
		}
		content := whole("first-3f1c7a") + string(between) + "\n" + whole("second-90be24") + string(behind)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		s := openFile(t, path)
		s.sync = func(*os.File) error { return nil } // there is no crash here
		before, n := loaded(t, s)
		for _, id := range []string{"first-3f1c7a", "second-90be24"} {
			if !s.live[id] {
				t.Errorf("%s is lost; there is %s", id, before)
			}
		}
		if err := s.rewrite(); err != nil {
			t.Fatal(err)
		}
		if after, _ := loaded(t, s); after != before {
			t.Errorf("rewritten: got %s, want %s", after, before)
		}
		if err := s.Add(Response{ID: "third-5a61d8"}); err != nil {
			t.Fatal(err)
		}
		again := openFile(t, path)
		if after, m := loaded(t, again); m != n+1 || !again.live["third-5a61d8"] || after[:len(before)-1] != before[:len(before)-1] {
			t.Errorf("added: got %s, want one more than %s", after, before)
		}
		if n != len(s.live)-1 {
			t.Errorf("%d responses and %d IDs", n, len(s.live)-1)
		}
	})
}
