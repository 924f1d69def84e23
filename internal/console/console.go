// Package console is the operator's console: pages for a browser on what the gateway does. They show what the operator's
// API answers, and change what it changes, so that its rules and figures are theirs. All pages can be read without
// script; script keeps them up to date. Nothing comes from another origin.
package console

import (
	"context"
	"crypto/rand"
	"embed"
	"html/template"
	"net/http"
	"time"

	"readback/internal/ops"
)

//go:embed pages static
var files embed.FS

// Handsets are the handsets of the demo. A real gateway has none.
type Handsets interface {
	// Numbers returns the phone numbers.
	Numbers() []string
	// Messages returns the inbox of a handset, the oldest first.
	Messages(number string) []HandsetMessage
	// Open stands for the person opening a message.
	Open(ctx context.Context, number string, index int) error
}

// HandsetMessage is a message in the inbox of a handset.
type HandsetMessage struct {
	Index    int
	From     string
	Text     string // as the handset shows it
	Sent     string // as the sender wrote it: without the marker
	Number   int    // in its conversation; 0: none
	Carriage string // how the number came
	At       time.Time
	Opened   bool
}

// Options say what a console shows.
type Options struct {
	Ops      *ops.Server
	Version  string
	Handsets Handsets // nil: none
}

// Console answers requests for the pages.
type Console struct {
	opt       Options
	mux       *http.ServeMux
	key       []byte // of the tokens in forms
	templates map[string]*template.Template
	streams   chan struct{} // has a token for each live page
}

// New returns a Console that has been added to the operator's server.
func New(opt Options) *Console {
	c := &Console{opt: opt, mux: http.NewServeMux(), key: make([]byte, 32), streams: make(chan struct{}, maxStreams)}
	_, _ = rand.Read(c.key) // it never fails
	c.templates = make(map[string]*template.Template, len(languages))
	for i := range languages {
		l := &languages[i]
		c.templates[l.code] = template.Must(template.New("").Funcs(functions(l)).ParseFS(files, "pages/*.html"))
	}
	c.addPages()
	opt.Ops.Handle("GET /{$}", http.RedirectHandler("/console/", http.StatusSeeOther))
	opt.Ops.Handle("/console/", secured(c.mux))
	return c
}

func (c *Console) addPages() {
	for i := range pages {
		p := &pages[i]
		if p.isAbsent(c) {
			continue
		}
		c.mux.HandleFunc("GET /console/"+p.path(), func(w http.ResponseWriter, r *http.Request) { c.show(w, r, p) })
	}
	c.mux.HandleFunc("GET /console/live/{page}", c.live)
	c.mux.HandleFunc("GET /console/static/{file}", static)
	c.mux.HandleFunc("GET "+ops.LoginPath, c.loginForm)
	for path, do := range map[string]http.HandlerFunc{
		ops.LoginPath: c.login, "/console/logout": c.logout, "/console/language": c.setLanguage,
		"/console/sessions/{id}/end": c.endSession, "/console/smsc/{id}/end": c.endSMSC, "/console/dead": c.changeDead, "/console/handsets": c.openMessage, "/console/configuration": c.reload,
	} {
		c.mux.HandleFunc("POST "+path, c.form(do))
	}
}

// secured adds the headers that keep other pages out of this one, and anything foreign from being loaded.
func secured(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range map[string]string{
			"Content-Security-Policy":      "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
			"X-Content-Type-Options":       "nosniff",
			"X-Frame-Options":              "DENY",
			"Referrer-Policy":              "same-origin",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin",
			"Cache-Control":                "no-store",
		} {
			w.Header().Set(name, value)
		}
		h.ServeHTTP(w, r)
	})
}
