package helm

import (
	"encoding/base64"
	"maps"
	"slices"
	"strings"
	"text/template"
	"time"
)

// made stands where Helm would make a password or a key anew at each install.
const made = "made-by-helm-at-each-install"

// pair stands for a certificate and its key.
var pair = map[string]string{"Cert": made, "Key": made}

// fixed are the functions of templates that would give another text at each run, or take seconds for a key: two runs say
// the same of a chart. (What Helm removes from Sprig's functions, env, expandenv and getHostByName, is removed here, too.)
var fixed = template.FuncMap{
	"now":                      func() time.Time { return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) },
	"ago":                      func(any) string { return "0s" },
	"uuidv4":                   func() string { return "00000000-0000-4000-8000-000000000000" },
	"randAlphaNum":             sample,
	"randAlpha":                sample,
	"randAscii":                sample,
	"randNumeric":              func(count int) string { return strings.Repeat("1", bounded(count)) },
	"randBytes":                func(count int) string { return base64.StdEncoding.EncodeToString(make([]byte, bounded(count))) },
	"randInt":                  func(least, _ int) int { return least },
	"shuffle":                  func(text string) string { return text },
	"bcrypt":                   func(string) string { return made },
	"htpasswd":                 func(user, _ string) string { return user + ":" + made },
	"derivePassword":           func(...any) string { return made },
	"encryptAES":               func(string, string) string { return made },
	"genPrivateKey":            func(string) string { return made },
	"buildCustomCert":          certificate,
	"genCA":                    certificate,
	"genCAWithKey":             certificate,
	"genSelfSignedCert":        certificate,
	"genSelfSignedCertWithKey": certificate,
	"genSignedCert":            certificate,
	"genSignedCertWithKey":     certificate,
	"keys":                     keys,
	"values":                   func(table map[string]any) []any { return ordered(table) },
}

func certificate(...any) map[string]string { return pair }

// sample is as long as what was asked for.
func sample(count int) string { return strings.Repeat("x", bounded(count)) }

// bounded is a length that a text in an object can have.
func bounded(count int) int { return min(max(count, 0), 1<<20) }

// keys are those of tables, in an order that stays.
func keys(tables ...map[string]any) []string {
	var all []string
	for _, table := range tables {
		all = append(all, slices.Sorted(maps.Keys(table))...)
	}
	return all
}

func ordered(table map[string]any) []any {
	all := make([]any, 0, len(table))
	for _, key := range slices.Sorted(maps.Keys(table)) {
		all = append(all, table[key])
	}
	return all
}
