std = "max"
max_line_length = 100
max_comment_line_length = false -- an annotation is one line, however long
files["rockspec"] = { std = "rockspec" }
files["spec"] = { std = "max+busted", max_line_length = 120 } -- tables of cases
files["tools/docs"] = { max_line_length = 120 }
files["tools/docs.lua"] = { max_line_length = 120 }
files["tools/usage"] = { max_line_length = 120 }
files["tools/usage.lua"] = { max_line_length = 120 }
files["docs/snippets"] = { std = "max", max_line_length = 120, ignore = { "211", "411", "421" },
  read_globals = { "docker", "client", "image", "unique", "registry", "rootfs", "private",
    "username", "password", "address", "other", "reboot" } }
