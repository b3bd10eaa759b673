module tenon.dev/tenon/test/licences

go 1.26

require github.com/google/licensecheck v0.3.1 // indirect
