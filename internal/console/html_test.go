package console

import (
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// document is the HTML of a page.
type document struct{ root *html.Node }

// parsed returns a page. What is not well-formed is an error of the test: html.Parse takes everything, so tags are
// counted.
func parsed(t testing.TB, text string) document {
	t.Helper()
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	z, open := html.NewTokenizer(strings.NewReader(text)), []string{}
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		name, _ := z.TagName()
		switch tag := string(name); {
		case kind == html.StartTagToken && !isVoid[tag]:
			open = append(open, tag)
		case kind == html.EndTagToken:
			if len(open) == 0 || open[len(open)-1] != tag {
				t.Fatalf("</%s> closes %v", tag, open)
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		t.Errorf("not closed: %v", open)
	}
	return document{root}
}

var isVoid = map[string]bool{"meta": true, "link": true, "input": true, "img": true, "br": true}

// all returns the elements for which is reports true.
func (d document) all(is func(*html.Node) bool) (found []*html.Node) {
	for n := range d.root.Descendants() {
		if n.Type == html.ElementNode && is(n) {
			found = append(found, n)
		}
	}
	return found
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// tagged returns a condition on the name of an element.
func tagged(name string) func(*html.Node) bool {
	return func(n *html.Node) bool { return n.Data == name }
}

// figures returns the texts of the elements with data-figure, by its value.
func (d document) figures() map[string][]string {
	all := make(map[string][]string)
	for _, n := range d.all(func(n *html.Node) bool { return attr(n, "data-figure") != "" }) {
		name := attr(n, "data-figure")
		all[name] = append(all[name], textOfNode(n))
	}
	return all
}

func textOfNode(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return strings.TrimSpace(b.String())
}

// paths are the pages of a console with all rights, some of them in several states.
var paths = []string{
	"/console/", "/console/?minutes=60", "/console/sessions", "/console/sessions?account=bank&limit=1", "/console/sessions?account=nobody", "/console/smsc", "/console/accounts",
	"/console/messages", "/console/messages?message_id=4A7F01", "/console/messages?message_id=unknown", "/console/messages?receiver=447700900123&full=true",
	"/console/configuration", "/console/configuration?key=none", "/console/configuration?changed=true",
	"/console/conversation", "/console/conversation?sender=10690001&receiver=447700900123", "/console/reads", "/console/reads?full=true",
	"/console/skips", "/console/skips?account=shop&full=true", "/console/held", "/console/held?account=shop&full=true", "/console/dead", "/console/dead?account=shop&full=true",
	"/console/handsets", "/console/handsets?number=447700900124", "/console/sessions?done=session",
}

// page asks for a page that must be there.
func (w *world) page(t testing.TB, path, language string) document {
	t.Helper()
	r := request(http.MethodGet, path)
	r.Header.Set("Accept-Language", language)
	rec := w.get(t, r)
	if rec.Code != http.StatusOK || rec.Header().Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("%s: got %d, %s: %s", path, rec.Code, rec.Header().Get("Content-Type"), rec.Body)
	}
	return parsed(t, rec.Body.String())
}
