package console

import (
	"bytes"
	"net/http"
	"net/url"
	"time"

	"readback/internal/ops"
)

// page is a page of the console. Its name is that of its template, and of its texts.
type page struct {
	name  string
	roles ops.Roles                    // who may see it: one of them is needed
	every time.Duration                // how often it is made again for somebody who looks at it; 0: never
	data  func(*visit) (any, *problem) // what it shows
	only  func(*Console) bool          // nil: in each console
}

// pages are the pages, in the order of the menu.
var pages = []page{
	{name: "flow", every: 5 * time.Second, data: flowData},
	{name: "sessions", every: 3 * time.Second, data: sessionData},
	{name: "smsc", every: 3 * time.Second, data: smscData},
	{name: "accounts", every: 5 * time.Second, data: accountData},
	{name: "messages", data: messageData},
	{name: "conversation", roles: ops.Privacy, data: conversationData},
	{name: "reads", every: time.Second, data: readData},
	{name: "skips", every: 3 * time.Second, data: skipData},
	{name: "held", every: 3 * time.Second, data: heldData},
	{name: "dead", every: 5 * time.Second, data: deadData},
	{name: "configuration", data: configData},
	{name: "handsets", every: time.Second, data: handsetData, only: func(c *Console) bool { return c.opt.Handsets != nil }},
}

// pageOf returns the page of a name; nil if there is none.
func pageOf(name string) *page {
	for i := range pages {
		if pages[i].name == name {
			return &pages[i]
		}
	}
	return nil
}

// path returns the path of a page below that of the console.
func (p *page) path() string {
	if p.name == "flow" {
		return "{$}"
	}
	return p.name
}

// address returns where a link to a page leads.
func (p *page) address() string {
	if p.name == "flow" {
		return "/console/"
	}
	return "/console/" + p.name
}

func (p *page) isAbsent(c *Console) bool { return p.only != nil && !p.only(c) }

// isFor reports whether somebody with these roles may see the page.
func (p *page) isFor(roles ops.Roles) bool { return p.roles == 0 || roles&p.roles != 0 }

// view is what a template shows.
type view struct {
	Lang, Name  string // of the page
	Address     string // of this page, with its query
	Query       url.Values
	Menu        []item
	By          string
	NeedsLogin  bool
	Token       string // of forms
	Version     string
	Live        string // where the page is kept up to date; empty: nowhere
	Now         time.Time
	Notice      string // the key of a text
	Problem     *problem
	Data        any
	MayOperate  bool
	MaySee      bool // subscribers' numbers in full
	HasHandsets bool
}

// item is an item of the menu.
type item struct {
	Name, Address string
	IsHere        bool
}

// show answers with a page.
func (c *Console) show(w http.ResponseWriter, r *http.Request, p *page) {
	v := c.visit(r)
	view := c.view(v, p)
	view.Data, view.Problem = p.data(v)
	c.write(w, v, view, statusOf(view.Problem))
}

// view returns the view of a page, without its data.
func (c *Console) view(v *visit, p *page) *view {
	r, roles := v.r, ops.RolesOf(v.r)
	out := &view{
		Lang: v.lang.code, Name: p.name, Address: r.URL.RequestURI(), Query: r.URL.Query(), By: ops.By(r), NeedsLogin: c.opt.Ops.NeedsLogin(),
		Token: c.token(r), Version: c.opt.Version, Now: time.Now(), Notice: noticeOf(r), MayOperate: roles&ops.Operator != 0, MaySee: roles&ops.Privacy != 0,
		HasHandsets: c.opt.Handsets != nil,
	}
	if p.every > 0 {
		out.Live = "/console/live/" + p.name
		if r.URL.RawQuery != "" {
			out.Live += "?" + r.URL.RawQuery
		}
	}
	for i := range pages {
		if other := &pages[i]; !other.isAbsent(c) && other.isFor(roles) {
			out.Menu = append(out.Menu, item{Name: other.name, Address: other.address(), IsHere: other.name == p.name})
		}
	}
	return out
}

// noticeOf returns the notice that a form has asked for by its redirect.
func noticeOf(r *http.Request) string {
	if n := "done." + r.URL.Query().Get("done"); languages[0].texts[n] != "" {
		return n
	}
	return ""
}

// write answers with the whole of a view. Nothing is written before all of it has been made.
func (c *Console) write(w http.ResponseWriter, v *visit, view *view, status int) {
	var b bytes.Buffer
	if err := c.templates[v.lang.code].ExecuteTemplate(&b, "layout", view); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // a browser that has gone needs no page
}
