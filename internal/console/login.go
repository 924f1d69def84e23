package console

import (
	"net/http"
	"strings"

	"readback/internal/ops"
)

// loginForm answers with the form that asks for a token.
func (c *Console) loginForm(w http.ResponseWriter, r *http.Request) {
	if !c.opt.Ops.NeedsLogin() {
		http.Redirect(w, r, "/console/", http.StatusSeeOther)
		return
	}
	c.writeLogin(w, c.visit(r), back(r.URL.Query().Get("next")), nil)
}

func (c *Console) writeLogin(w http.ResponseWriter, v *visit, next string, p *problem) {
	view := c.view(v, &page{name: "login"})
	view.Menu, view.Data, view.Problem, view.NeedsLogin = nil, next, p, false
	c.write(w, v, view, statusOf(p))
}

// login exchanges a token for a cookie.
func (c *Console) login(w http.ResponseWriter, r *http.Request) {
	next := back(r.PostFormValue("next"))
	if c.opt.Ops.Login(w, r, strings.TrimSpace(r.PostFormValue("secret"))) != nil {
		v := c.visit(r)
		w.Header().Set("Connection", "close") // as for all who are refused
		c.writeLogin(w, v, next, &problem{Status: http.StatusUnauthorized, Detail: v.lang.text("login.wrong")})
		return
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
}

// logout ends a login.
func (c *Console) logout(w http.ResponseWriter, r *http.Request) {
	c.opt.Ops.Logout(w, r)
	http.Redirect(w, r, ops.LoginPath, http.StatusSeeOther)
}
