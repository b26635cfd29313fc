import sys, json
sys.path.insert(0,'/work/main/tests/browser')
from playwright.sync_api import sync_playwright
FLAGS=("--no-sandbox","--disable-gpu","--disable-quic","--no-first-run","--disable-background-networking","--disable-component-update","--disable-sync")
# args: name hash theme w h [js]
jobs=json.loads(sys.argv[1])
with sync_playwright() as p:
    b=p.chromium.launch(executable_path='/usr/bin/chromium',args=FLAGS)
    for j in jobs:
        c=b.new_context(color_scheme=j.get('theme','light'),viewport=dict(width=j.get('w',1280),height=j.get('h',800)))
        pg=c.new_page()
        pg.on('console',lambda m:print(j['name'],'console',m.type,m.text))
        pg.on('pageerror',lambda e:print(j['name'],'error',e))
        pg.goto('http://127.0.0.1:8765/'+j.get('hash',''))
        pg.wait_for_timeout(j.get('wait',700))
        for a in j.get('do',[]):
            if a[0]=='key': pg.keyboard.press(a[1])
            elif a[0]=='click': pg.get_by_role('button',name=a[1],exact=True).click()
            elif a[0]=='css': pg.locator(a[1]).first.click()
            elif a[0]=='eval': print(pg.evaluate(a[1]))
            elif a[0]=='wait': pg.wait_for_timeout(a[1])
        pg.wait_for_timeout(250)
        pg.screenshot(path=f"/tmp/wg/{j['name']}.png",full_page=j.get('full',False))
        c.close()
    b.close()
