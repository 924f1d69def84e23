package operator

import (
	"net/http"
	"strconv"
	"strings"
)

// Source is where the value of a setting was given, in JSON.
type Source struct {
	Kind string `json:"kind"`           // default, file, env or flag
	Name string `json:"name,omitempty"` // of the file, the variable or the flag; missing for a default
	Line int    `json:"line,omitempty"` // in the file, from 1
}

// String returns the source in a word.
func (s Source) String() string {
	switch {
	case s.Name == "":
		return s.Kind
	case s.Line == 0:
		return s.Name
	}
	return s.Name + ":" + strconv.Itoa(s.Line)
}

// Setting is a setting in force, in JSON. Values are as the configuration file would have them, without quotes;
// of a secret they say only whether it is set.
type Setting struct {
	Key     string  `json:"key"`
	Value   string  `json:"value"`
	Source  Source  `json:"source"`
	Live    bool    `json:"live"`               // a change holds after a reload; else it needs a restart
	AtStart *string `json:"at_start,omitempty"` // the value when the gateway began, if that is another
	Pending *string `json:"pending,omitempty"`  // the value that the last reload found and that waits for a restart
}

// isChanged reports whether the setting, or its source, differs from what it was when the gateway began.
func (s *Setting) isChanged() bool { return s.AtStart != nil || s.Pending != nil }

// Settings is a page of settings.
type Settings struct {
	Settings []Setting `json:"settings"`
	Next     string    `json:"next,omitempty"` // cursor of the next page; missing at the end
}

// ConfigPage returns the page GET /v1/config about the settings that all returns: those whose key begins with
// ?key=, and with ?changed=true those that differ since the gateway began.
func ConfigPage(all func() []Setting) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		after, ok := whole(w, r, "cursor", 0, 0, 1<<32-1)
		if !ok {
			return
		}
		limit, ok := whole(w, r, "limit", maxPage, 1, maxPage)
		if !ok {
			return
		}
		changed, ok := flag(w, r, "changed")
		if !ok {
			return
		}
		key := r.URL.Query().Get("key")
		page := Settings{Settings: []Setting{}}
		for i, s := range all() {
			if uint64(i) < after || !strings.HasPrefix(s.Key, key) || changed && !s.isChanged() {
				continue
			}
			if len(page.Settings) == int(limit) {
				page.Next = strconv.Itoa(i)
				break
			}
			page.Settings = append(page.Settings, s)
		}
		answer(w, page)
	})
}
