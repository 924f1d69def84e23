package ops

import (
	"crypto/rand"
	"crypto/sha256"
	"net/http"
	"sync"
	"time"
)

// LoginCookie is the name of the cookie that stands for a token on the pages of the console, and nowhere else.
const LoginCookie = "readback_console"

// Bounds of logins.
const (
	maxLogins = 20 // of one token at a time: its oldest ends before its time
	loginTime = 12 * time.Hour
)

// login is somebody who has shown a token in a browser.
type login struct {
	sha256 string // of the token, as ops.operators has it
	until  time.Time
}

// logins are those who have shown a token in a browser, by the hash of their cookie.
type logins struct {
	mu sync.Mutex
	by map[[sha256.Size]byte]login // guarded by mu
}

// add returns the value of a cookie that stands for the token of a person.
func (l *logins) add(p *Person, now time.Time) (cookie string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.by == nil {
		l.by = make(map[[sha256.Size]byte]login)
	}
	l.makeRoom(p.SHA256, now)
	cookie = rand.Text()
	l.by[sha256.Sum256([]byte(cookie))] = login{sha256: p.SHA256, until: now.Add(loginTime)}
	return cookie
}

// makeRoom removes the logins that have ended, and the oldest of a token if that has too many. Those of others stay,
// whatever its owner does.
func (l *logins) makeRoom(token string, now time.Time) {
	var oldest [sha256.Size]byte
	var until time.Time
	own := 0
	for key, one := range l.by {
		if !now.Before(one.until) {
			delete(l.by, key)
			continue
		}
		if one.sha256 != token {
			continue
		}
		if own++; own == 1 || one.until.Before(until) {
			oldest, until = key, one.until
		}
	}
	if own >= maxLogins {
		delete(l.by, oldest)
	}
}

// find returns the person that a request's cookie stands for; nil if the cookie is missing or unknown, or if the
// token is no longer in ops.operators.
func (l *logins) find(r *http.Request, a *Access, now time.Time) *Person {
	cookie, err := r.Cookie(LoginCookie)
	if err != nil {
		return nil
	}
	l.mu.Lock()
	one, ok := l.by[sha256.Sum256([]byte(cookie.Value))]
	l.mu.Unlock()
	if !ok || !now.Before(one.until) {
		return nil
	}
	for i := range a.Operators {
		if p := &a.Operators[i]; p.SHA256 != "" && p.SHA256 == one.sha256 {
			return p
		}
	}
	return nil
}

func (l *logins) remove(r *http.Request) {
	if cookie, err := r.Cookie(LoginCookie); err == nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.by, sha256.Sum256([]byte(cookie.Value)))
	}
}

// Login sets a cookie for the console if the token is somebody's in ops.operators.
func (s *Server) Login(w http.ResponseWriter, r *http.Request, token string) error {
	a := s.access.Load()
	p := a.byToken(token)
	if p == nil {
		s.guard.logRefusal(r, http.StatusUnauthorized, "", errUnknown.Error())
		return errUnknown
	}
	s.log.Info("operator has logged in", "by", p.Name, "remote", r.RemoteAddr)
	setCookie(w, r, s.guard.logins.add(p, time.Now()), loginTime)
	return nil
}

// Logout ends the login that a request's cookie stands for.
func (s *Server) Logout(w http.ResponseWriter, r *http.Request) {
	s.guard.logins.remove(r)
	setCookie(w, r, "", -time.Second)
}

// setCookie sets the cookie of a login. Scripts and pages of other sites do not get it.
func setCookie(w http.ResponseWriter, r *http.Request, value string, age time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: LoginCookie, Value: value, Path: "/console/", MaxAge: int(age / time.Second),
		HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteStrictMode,
	})
}

// NeedsLogin reports whether operators have to say who they are.
func (s *Server) NeedsLogin() bool { return len(s.access.Load().Operators) > 0 }

// StillMay reports whether whoever sent a request may still do so: the login may have ended since, and the
// operators and their roles may be others.
func (s *Server) StillMay(r *http.Request) bool { return s.guard.stillMay(r) }
