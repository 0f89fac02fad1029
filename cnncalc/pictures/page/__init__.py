"""The live page: one file that shows a network and computes it anew at the sizes that its reader sets.

`opened` reads a network with as many sizes and arguments open as it allows, `values` are the closed forms as the page
computes them, `refusals` and `formulas` the sentences that change with sizes, `content` all of it as data, `document`
the file. What runs in the page is in the `.js` files beside it, and its look in `page.css`.
"""
