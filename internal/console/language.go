package console

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// language is a language of the console, with all its texts by their keys.
type language struct {
	code  string // BCP 47
	name  string // in itself
	texts map[string]string
}

// languages are those that there are. The first is for everybody else.
var languages = []language{
	{"en", "English", english},
	{"zh", "中文", chinese},
}

const languageCookie = "readback_language"

// text returns a text with its arguments put in. A key without text is a fault of this package, which its tests find.
func (l *language) text(key string, args ...any) string {
	text := l.texts[key]
	if len(args) == 0 {
		return text
	}
	return fmt.Sprintf(text, args...)
}

func byCode(code string) *language {
	for i := range languages {
		if strings.EqualFold(languages[i].code, code) {
			return &languages[i]
		}
	}
	return nil
}

// languageOf returns the language that a browser has chosen here, or else the one that it likes best.
func languageOf(r *http.Request) *language {
	if cookie, err := r.Cookie(languageCookie); err == nil {
		if l := byCode(cookie.Value); l != nil {
			return l
		}
	}
	best, most := &languages[0], 0.0
	for part := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		code, _, _ := strings.Cut(tag, "-")
		weight := 1.0
		if q, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			weight, _ = strconv.ParseFloat(q, 64) // 0 if it cannot be read
		}
		if l := byCode(code); l != nil && weight > most {
			best, most = l, weight
		}
	}
	return best
}

// setLanguage remembers a language for a year.
func (c *Console) setLanguage(w http.ResponseWriter, r *http.Request) {
	if l := byCode(r.PostFormValue("language")); l != nil {
		http.SetCookie(w, &http.Cookie{
			Name: languageCookie, Value: l.code, Path: "/console/", MaxAge: 365 * 24 * 3600,
			HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteLaxMode,
		})
	}
	http.Redirect(w, r, back(r.PostFormValue("next")), http.StatusSeeOther)
}
