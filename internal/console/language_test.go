package console

import (
	"io/fs"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"readback/internal/numbering"
	"readback/relay/message"
)

// TestSameTexts checks that all languages have the same texts, with the same places for values.
func TestSameTexts(t *testing.T) {
	verb := regexp.MustCompile(`%[0-9]*[sd%]`)
	for key, text := range english {
		other, ok := chinese[key]
		if !ok || other == "" || text == "" {
			t.Errorf("%s: got %q and %q", key, text, other)
		}
		if a, b := verb.FindAllString(text, -1), verb.FindAllString(other, -1); strings.Contains(strings.Join(a, ""), "%s") || strings.Contains(strings.Join(a, ""), "d") {
			if !slices.Equal(a, b) {
				t.Errorf("%s: got %v and %v", key, a, b)
			}
		}
	}
	if len(english) != len(chinese) {
		t.Errorf("got %d texts in English, %d in Chinese", len(english), len(chinese))
	}
	for _, skip := range numbering.Skips()[1:] {
		if english["skip."+skip.String()] == "" {
			t.Errorf("there is no text on the skip %s", skip)
		}
	}
}

// TestWords checks that what the API names in words has a text.
func TestWords(t *testing.T) {
	for _, what := range []message.Happening{
		message.HappenedSubmit, message.HappenedAccept, message.HappenedDeliver, message.HappenedFail, message.HappenedExpire, message.HappenedNotRead,
		message.HappenedRead, message.HappenedDelete, message.HappenedTold, message.HappenedDead, "skipped", "refused",
	} {
		if english["event."+string(what)] == "" {
			t.Errorf("there is no text on the event %s", what)
		}
	}
	for s := message.State(0); s.IsKnown(); s++ {
		if english["state."+s.String()] == "" {
			t.Errorf("there is no text on the state %s", s)
		}
	}
}

// TestTextsAreThere checks that each text that a template asks for is there.
func TestTextsAreThere(t *testing.T) {
	asks := regexp.MustCompile(`[{(]t "([a-z_.]+[a-z_])"`)
	names, err := fs.Glob(files, "pages/*.html")
	if err != nil || len(names) == 0 {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range asks.FindAllSubmatch(text, -1) {
			if english[string(m[1])] == "" {
				t.Errorf("%s: there is no text %q", name, m[1])
			}
		}
	}
}

func TestLanguageOf(t *testing.T) {
	for header, want := range map[string]string{
		"": "en", "de": "en", "zh-CN,zh;q=0.9,en;q=0.8": "zh", "en-GB,en;q=0.9,zh;q=0.8": "en", "fr, zh-Hant;q=0.5, en;q=0.4": "zh", "zh;q=none": "en",
	} {
		r := request(http.MethodGet, "/console/")
		r.Header.Set("Accept-Language", header)
		if got := languageOf(r).code; got != want {
			t.Errorf("%q: got %s, want %s", header, got, want)
		}
		r.AddCookie(&http.Cookie{Name: languageCookie, Value: "zh"})
		if got := languageOf(r).code; got != "zh" {
			t.Errorf("%q and the cookie: got %s", header, got)
		}
	}
}
