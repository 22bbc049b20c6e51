std = "max"
max_line_length = 100
max_comment_line_length = false -- an annotation is one line, however long
files["spec"] = { std = "max+busted" }
files["rockspec"] = { std = "rockspec" }
