package setting

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/crypto/bcrypt"
)

// forms say what a text must look like, by the name in the tag form.
var forms = map[string]func(s string) *Problem{
	"bind":        func(s string) *Problem { return checkAddr(s, true) },
	"dial":        func(s string) *Problem { return checkAddr(s, false) },
	"nats":        checkNATS,
	"bcrypt":      checkHash,
	"file":        checkFile,
	"origin":      checkOrigin,
	"host":        checkHost,
	"system_id":   CheckSystemID,
	"system_type": func(s string) *Problem { return checkBindText("system_type", s, maxSystemType) },
	"url": func(s string) *Problem {
		return checkURL(s, "https://app.example/readback", "requests are signed by secret_file")
	},
	"collector": func(s string) *Problem { return checkURL(s, "http://127.0.0.1:4318", "headers_file has credentials") },
	"path":      checkPath,
}

// formsWanted describe a value of a form where something else than a text was found.
var formsWanted = map[string]string{
	"path": `a directory in quotes, such as "/var/lib/readback"`,
	"file": "a path in quotes",
	"host": "a name in quotes",
}

// wantedForm describes a text of the field's form.
func (f Field) wantedForm() string {
	form := f.Tag.Get("form")
	if form == "bind" || form == "dial" {
		example := cmp.Or(f.Tag.Get("default"), ":2775")
		if strings.HasPrefix(example, ":") {
			example = "127.0.0.1" + example
		}
		return fmt.Sprintf("host:port in quotes, such as %q", example)
	}
	return cmp.Or(formsWanted[form], "text in quotes")
}

// checkAddr refuses what is not host:port with a port in digits. To bind, the host may be
// empty (all addresses) and the port 0 (any free one).
func checkAddr(s string, bind bool) *Problem {
	example := "host:port such as 127.0.0.1:2775"
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return &Problem{"not host:port", example + "; IPv6 as [::1]:2775"}
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return &Problem{"the port is not a number up to 65535", example}
	}
	if !bind && n == 0 {
		return &Problem{"there is no port 0 to connect to", example}
	}
	if !bind && host == "" {
		return &Problem{"there is no host", example}
	}
	if strings.ContainsFunc(host, notInHost) {
		return &Problem{"not a host", example}
	}
	return nil
}

func notInHost(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("/@", r) }

// checkHost refuses what is not a name or an address without a port.
func checkHost(s string) *Problem {
	_, err := netip.ParseAddr(s)
	if err != nil && (strings.ContainsFunc(s, notInHost) || strings.ContainsRune(s, ':')) {
		return &Problem{"not a host", "a name such as smsc.example, without a port"}
	}
	return nil
}

// checkPath refuses what cannot be the name of a directory.
func checkPath(s string) *Problem {
	if strings.TrimSpace(s) == "" {
		return &Problem{"empty", "a directory such as /var/lib/readback"}
	}
	return nil
}

// The longest texts that a bind can carry: 16 and 13 octets with the NUL (SMPP 3.4
// §5.2.1, §5.2.3).
const (
	maxSystemID   = 15
	maxSystemType = 12
)

// CheckSystemID refuses a system_id that no bind can carry.
func CheckSystemID(s string) *Problem { return checkBindText("system_id", s, maxSystemID) }

// checkBindText refuses text that does not fit its field in a bind.
func checkBindText(what, s string, most int) *Problem {
	switch {
	case len(s) > most:
		return &Problem{fmt.Sprintf("a %s of %d octets", what, len(s)), fmt.Sprintf("at most %d", most)}
	case strings.ContainsFunc(s, unicode.IsControl):
		return &Problem{"a " + what + " with a control character", "letters, digits and signs only"}
	}
	return nil
}

// checkNATS refuses what is neither the word embedded nor a comma-separated list of server
// addresses.
func checkNATS(s string) *Problem {
	if s == "embedded" {
		return nil
	}
	hint := "embedded, or nats://host:4222, or several with commas between"
	for server := range strings.SplitSeq(s, ",") {
		u, err := url.Parse(strings.TrimSpace(server))
		if err != nil || u.Hostname() == "" || u.Scheme != "nats" && u.Scheme != "tls" {
			return &Problem{"not the address of a NATS server", hint}
		}
	}
	return nil
}

// checkURL refuses what is not an http or https URL to which a request can be posted. credentials says where those are.
func checkURL(s, example, credentials string) *Problem {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return &Problem{"not an http or https URL", example}
	case u.User != nil:
		return &Problem{"a URL with a user name or password", example + "; " + credentials}
	case u.Fragment != "":
		return &Problem{"a URL with a fragment", example}
	}
	return nil
}

// checkOrigin refuses what is not the origin of a web page (RFC 6454 §6.2).
func checkOrigin(s string) *Problem {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || s != u.Scheme+"://"+u.Host {
		return &Problem{"not the origin of a web page", "https://app.example, without a path"}
	}
	return nil
}

// maxHashCost is some 800 ms of one core for each bind.
const maxHashCost = 14

// bcryptForm is a whole bcrypt hash: version, cost, 22 characters of salt and 31
// of hash. Version 2x marks hashes of a broken implementation.
var bcryptForm = regexp.MustCompile(`^\$2[aby]\$(\d\d)\$[./0-9A-Za-z]{53}$`)

// checkHash refuses what is not a bcrypt hash that can be checked in reasonable time.
func checkHash(s string) *Problem {
	m := bcryptForm.FindStringSubmatch(s)
	switch {
	case m == nil:
		return &Problem{"not a bcrypt hash", "readback hash-password makes one; in quotes"}
	case m[1] < fmt.Sprintf("%02d", bcrypt.MinCost):
		return &Problem{"a bcrypt hash of a cost that there is not", "readback hash-password makes one"}
	case m[1] > fmt.Sprint(maxHashCost):
		return &Problem{"a bcrypt hash of cost " + m[1] + " takes each bind too long", fmt.Sprintf("a cost of at most %d", maxHashCost)}
	}
	return nil
}
