package broker

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"
)

// User is a NATS client that may use the listener of the option Listen: known by its name and a password, or by
// an NKey.
type User struct {
	Name   string // of the user, and for the log
	SHA256 string // of the password, in hex; empty: none
	NKey   string // the public key; empty: none
	Full   bool   // it may do everything; else report reads
}

// IsNKey reports whether s is the public key of an NKey of a user.
func IsNKey(s string) bool { return nkeys.IsValidPublicUserKey(s) }

// users decides about the NATS clients of the option Listen. Each user that is not Full has an account of the
// server for itself, into which only the subjects of read responses are imported: nothing else is there for it,
// and its inboxes are those of nobody else.
type users struct {
	all      []User // empty: every client may do everything
	accounts map[string]*server.Account
}

var errUnknownUser = errors.New("no user of relay.users")

// limited are the permissions of a user in its account.
var limited = server.Permissions{
	Publish:   &server.SubjectPermission{Allow: []string{SubjectReads, SubjectReadsNow}},
	Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX.>"}},
}

// addAccounts gives the users of a server their accounts. Those of an earlier server are forgotten. JetStream must
// have started, since it is for the first account alone then.
func addAccounts(s *server.Server, all []User) (*users, error) {
	u := &users{all: all, accounts: make(map[string]*server.Account)}
	for _, one := range all {
		if one.Full {
			continue
		}
		a, _ := s.LookupOrRegisterAccount("user " + one.Name)
		for _, subject := range limited.Publish.Allow {
			err := s.GlobalAccount().AddServiceExport(subject, []*server.Account{a})
			if err == nil {
				err = a.AddServiceImport(s.GlobalAccount(), subject, subject)
			}
			if err != nil {
				return nil, fmt.Errorf("account of user %q: %w", one.Name, err)
			}
		}
		u.accounts[one.Name] = a
	}
	return u, nil
}

// check reports whether a NATS client may connect, and registers what it may do.
func (u *users) check(c server.ClientAuthentication) error {
	if len(u.all) == 0 {
		return nil
	}
	known := u.find(c)
	switch {
	case known == nil:
		return errUnknownUser
	case !known.Full:
		c.RegisterUser(&server.User{Username: known.Name, Account: u.accounts[known.Name], Permissions: &limited})
	}
	return nil
}

// find returns the user that presents its password, or has signed the server's nonce with its NKey.
func (u *users) find(c server.ClientAuthentication) (known *User) {
	o := c.GetOpts()
	sum := sha256.Sum256([]byte(o.Password))
	for i := range u.all {
		one := &u.all[i]
		want, err := hex.DecodeString(one.SHA256)
		byPassword := err == nil && subtle.ConstantTimeCompare(want, sum[:]) == 1 && o.Username == one.Name && o.Password != ""
		if byPassword || one.NKey != "" && o.Nkey == one.NKey && isSigned(c.GetNonce(), o.Sig, one.NKey) {
			known = one
		}
	}
	return known
}

// isSigned reports whether sig is the signature of a nonce by the key.
func isSigned(nonce []byte, sig, key string) bool {
	signature, err := base64.RawURLEncoding.DecodeString(sig)
	if err != nil || len(nonce) == 0 {
		return false
	}
	public, err := nkeys.FromPublicKey(key)
	return err == nil && public.Verify(nonce, signature) == nil
}

// checkUser reports whether a NATS client of the option Listen may connect.
func (a *authorizer) checkUser(c server.ClientAuthentication) error {
	u := a.users.Load()
	if u == nil {
		return errStartingUp
	}
	return u.check(c)
}
