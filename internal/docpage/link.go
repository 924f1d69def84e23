package docpage

import (
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// Link is a link of a page, in the text or in a definition.
type Link struct {
	Line   int
	Target string
}

var (
	link       = regexp.MustCompile(`\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)`)
	definition = regexp.MustCompile(`^\[[^\]]+\]:\s+<?(\S+?)>?(?:\s|$)`)
	heading    = regexp.MustCompile(`^ {0,3}#{1,6}\s+(.*?)(?:\s+#+)?\s*$`)
	ownAnchor  = regexp.MustCompile(`<a (?:id|name)="([^"]+)"`)
)

// Links returns the links of the page. Code has none.
func (p Page) Links() (all []Link) {
	p.walk(func(line int, text string) {
		text = code.ReplaceAllString(text, "")
		for _, m := range append(link.FindAllStringSubmatch(text, -1), definition.FindAllStringSubmatch(text, -1)...) {
			all = append(all, Link{line, m[1]})
		}
	}, nil)
	return all
}

// Anchors returns the names to which a link may lead behind #: those that GitHub gives to headings, and the page's
// own.
func (p Page) Anchors() map[string]bool {
	all := make(map[string]bool)
	p.walk(func(_ int, text string) {
		for _, m := range ownAnchor.FindAllStringSubmatch(text, -1) {
			all[m[1]] = true
		}
		m := heading.FindStringSubmatch(text)
		if m == nil {
			return
		}
		name := slug(m[1])
		for i := 1; all[name]; i++ { // a heading that is there twice
			name = fmt.Sprintf("%s-%d", slug(m[1]), i)
		}
		all[name] = true
	}, nil)
	return all
}

var (
	label   = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
	dropped = regexp.MustCompile(`[^\p{L}\p{M}\p{N}_\- ]`)
)

// slug returns the anchor that GitHub gives to a heading: lower case, hyphens for blanks, and without punctuation.
func slug(heading string) string {
	text := dropped.ReplaceAllString(label.ReplaceAllString(heading, "$1"), "")
	return strings.ReplaceAll(strings.ToLower(text), " ", "-")
}

// Broken returns what is wrong with a link of the page from, or "". Files are looked for below root. Of a link to
// elsewhere only the form is looked at.
func (l Link) Broken(root string, from Page) string {
	u, err := url.Parse(l.Target)
	switch {
	case err != nil:
		return err.Error()
	case u.Scheme == "mailto":
		return ""
	case u.Scheme != "" && (u.Scheme != "https" && u.Scheme != "http" || !strings.Contains(u.Host, ".")):
		return "no address of a web page"
	case u.Scheme != "":
		return ""
	}
	target := from.Path
	if u.Path != "" {
		target = path.Join(path.Dir(from.Path), u.Path)
	}
	file := filepath.Join(root, filepath.FromSlash(target))
	if _, err := os.Stat(file); err != nil {
		return "there is no " + target
	}
	if u.Fragment == "" {
		return ""
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	if !strings.HasSuffix(target, ".md") || !New(target, string(text)).Anchors()[u.Fragment] {
		return target + " has no heading " + u.Fragment
	}
	return ""
}
