package console

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"

	"readback/internal/ops"
)

// maxForm is how long a form may be, in octets.
const maxForm = 16 << 10

// token returns what a form must contain that whoever sent r sends. Pages of other origins cannot read it.
func (c *Console) token(r *http.Request) string {
	mac := hmac.New(sha256.New, c.key)
	if cookie, err := r.Cookie(ops.LoginCookie); err == nil {
		mac.Write([]byte(cookie.Value))
	}
	return hex.EncodeToString(mac.Sum(nil))
}

// form passes on a form that comes from a page of this console.
func (c *Console) form(do http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if !hmac.Equal([]byte(r.PostFormValue("token")), []byte(c.token(r))) {
			v := c.visit(r)
			c.fail(w, v, &problem{Status: http.StatusForbidden, Detail: v.lang.text("form.old")})
			return
		}
		do(w, r)
	}
}

// fail answers with a page that says what went wrong.
func (c *Console) fail(w http.ResponseWriter, v *visit, p *problem) {
	view := c.view(v, &page{name: "problem"})
	view.Problem, view.Address = p, "/console/"
	c.write(w, v, view, p.Status)
}

// change asks the API for a change, and leads back to a page.
func (c *Console) change(w http.ResponseWriter, r *http.Request, method, target, back string) {
	status, body := c.opt.Ops.Ask(r, method, target)
	if status >= http.StatusBadRequest {
		c.fail(w, c.visit(r), problemOf(status, body))
		return
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
}

// back returns where a form leads: a page of the console, never another site.
func back(next string) string {
	u, err := url.Parse(next)
	if err != nil || strings.Contains(next, `\`) || !strings.HasPrefix(u.Path, "/console/") || strings.Contains(u.Path, "//") {
		return "/console/"
	}
	return u.RequestURI() // without the host
}
