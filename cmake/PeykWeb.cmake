# The web client in the program. PEYK_WEB=OFF: a server without one, which is a whole homeserver still.
if(EXISTS ${CMAKE_SOURCE_DIR}/web/build.sh)
  option(PEYK_WEB "embed the web client (needs npm, or PEYK_WEB_FOLDER)" ON)
else()
  option(PEYK_WEB "embed the web client (needs PEYK_WEB_FOLDER: this source tree has no web/)" OFF)
endif()
set(PEYK_WEB_FOLDER "" CACHE PATH "a folder with the built files of the web client, to embed instead of building web/")
if(PEYK_WEB AND NOT PEYK_WEB_FOLDER AND NOT EXISTS ${CMAKE_SOURCE_DIR}/web/build.sh)
  message(FATAL_ERROR "PEYK_WEB is ON, but there is no web/build.sh and no PEYK_WEB_FOLDER")
endif()

# peyk_embed_web(NAME FOLDER DEPENDS files... [COMMAND ...]): a library that has the files of FOLDER in its read-only
# data, as peyk::web::embedded_pack(). COMMAND makes the folder.
function(peyk_embed_web name folder)
  cmake_parse_arguments(ARG "" "" "DEPENDS;COMMAND" ${ARGN})
  set(pack ${CMAKE_CURRENT_BINARY_DIR}/${name}.pack)
  if(ARG_COMMAND)
    set(make COMMAND ${ARG_COMMAND})
  endif()
  add_custom_command(OUTPUT ${pack} ${make} COMMAND peyk-web-packer ${folder} ${pack}
                     DEPENDS peyk-web-packer ${ARG_DEPENDS} COMMENT "Packing the web client" VERBATIM)
  # A file of its own for each pack: its text names what it embeds.
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${name}.cc)
  set(PEYK_PACK ${pack})
  configure_file(${CMAKE_SOURCE_DIR}/src/web/embedded/pack.cc.in ${source} @ONLY)
  set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS ${pack})
  add_library(${name} STATIC ${source})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/src)
endfunction()

function(peyk_embed_no_web name)
  add_library(${name} STATIC ${CMAKE_SOURCE_DIR}/src/web/embedded/none.cc)
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/src)
endfunction()
